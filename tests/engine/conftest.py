"""The program on the real engine and the embedded account, with an image that only looks like Airflow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws import account, engine, images
from tests.engine.bench import PROJECT, Bench

HERE = Path(__file__).parent
VARIANTS = ("good", "better", "broken", "failing-migration", "slow-migration")
REPOSITORY = "registry.example.com/stand-in"
PASSPHRASE = "engine-tests"


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Start an account and build the images."""
    home = tmp_path_factory.mktemp("engine")
    (home / "state").mkdir()
    (home / "workspaces").mkdir()
    environment = {
        **engine.environment(),
        "EMBEDDED_AWS_UNSUPPORTED_PROPERTIES": str(home / "unsent"),
        # A foreign program finds the components as if they were installed.
        "PYTHONPATH": str(PROJECT),
        "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_ERROR_OUTPUT_STRING": "1",
    }
    account.start(home / "account")
    environment |= account.environment(home / "account")
    with pytest.MonkeyPatch.context() as patch:
        # The Automation API looks for `pulumi`, and boto3 for the account, in this process's environment.
        for key, value in environment.items():
            patch.setenv(key, value)
        try:
            yield Bench(home, environment, {variant: _image(variant) for variant in VARIANTS})
        finally:
            account.stop(home / "account")


def _image(variant: str) -> str:
    image = images.build(
        context=HERE / "image",
        dockerfile=HERE / "image" / "Dockerfile",
        build_args={"VARIANT": variant},
        log=lambda _: None,
    )
    return images.push(image, f"{REPOSITORY}:{variant}")
