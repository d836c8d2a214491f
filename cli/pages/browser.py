"""A browser that is signed in to Airflow: for the screenshots in the documentation, and for the tests."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

WINDOW = ViewportSize(width=1280, height=800)
CALL_SECONDS = 60
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # it cannot sandbox itself as root, and opens nothing but Airflow
)


class BrowserError(RuntimeError):
    """There is no browser."""


@contextmanager
def opened(*, ignore_https_errors: bool = False) -> Generator[Page]:
    """Open a headless Chromium that knows nothing yet.

    Args:
        ignore_https_errors: whether any certificate will do.

    Raises:
        BrowserError: no Chromium is on PATH.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise BrowserError("no chromium on PATH: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory(prefix="airflow-ecs-browser-") as profile,
        sync_playwright() as playwright,
    ):
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium,
            args=FLAGS,
            viewport=WINDOW,
            timezone_id="UTC",
            locale="en-US",
            ignore_https_errors=ignore_https_errors,
        )
        context.set_default_timeout(CALL_SECONDS * 1000)
        expect.set_options(timeout=CALL_SECONDS * 1000)
        yield context.pages[0]
        context.close()


@contextmanager
def signed_in(url: str, username: str, password: str) -> Generator[Page]:
    """Open Airflow in a browser of its own, and sign in as anybody would.

    Args:
        url: where Airflow is.
        username: the user's name.
        password: and password.

    Raises:
        BrowserError: no Chromium is on PATH.
        AssertionError: Airflow refused name and password.
    """
    with opened() as page:
        page.goto(url)
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", password)
        page.click("[type=submit]")
        expect(page.get_by_test_id("nav-home-link")).to_be_visible()
        yield page
