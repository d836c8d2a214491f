"""Takes the documentation's screenshots from a running cluster.

python -m cli.pages.screenshot --stack local
"""

import argparse
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect

from cli.airflow_api import AirflowApi
from cli.pages.browser import signed_in
from cli.stack import Stack

SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
PIPELINE = "nasdaq_stock_pipeline_with_gx"
RUN_SECONDS = 300
RENDERING_MILLISECONDS = 2000
"""The charts grow into their size."""


def take(found: Stack, folder: Path) -> list[Path]:
    """Run the pipeline, then take screenshots of the list of DAGs and of the finished run.

    Returns:
        The files.
    """
    username, password = found.outputs["admin_username"], found.password()
    api = AirflowApi(found.url, username, password)
    api.wait_for_dag(PIPELINE, RUN_SECONDS)
    run = api.run_dag(PIPELINE, {}, RUN_SECONDS)["dag_run_id"]
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"dags": "/dags", "run": f"/dags/{PIPELINE}/runs/{quote(run, safe='')}"}
    with signed_in(found.url, username, password) as page:
        return [
            _screenshot(page, f"{found.url}{path}", folder / f"{name}.png") for name, path in pages.items()
        ]


def _screenshot(page: Page, url: str, file: Path) -> Path:
    page.goto(url)
    expect(page.get_by_text(PIPELINE).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.wait_for_timeout(RENDERING_MILLISECONDS)
    page.screenshot(path=file)
    return file


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m cli.pages.screenshot", description=__doc__)
    parser.add_argument("--stack", required=True, help="the Pulumi stack; it must be up")
    for screenshot in take(Stack(parser.parse_args().stack), SCREENSHOTS):
        print(screenshot.relative_to(SCREENSHOTS.parent.parent))
