"""The program on the real engine and the embedded account, with an image that only looks like Airflow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pulumi import automation as auto

from local import aws, engine, images, workspace

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
VARIANTS = ("good", "better", "broken", "failing-migration", "slow-migration")
REPOSITORY = "registry.example.com/stand-in"
PASSPHRASE = "engine-tests"


@dataclass(frozen=True)
class Bench:
    """An account, an engine, and the images that can be deployed."""

    home: Path
    environment: Mapping[str, str]
    images: Mapping[str, str]

    def stack(
        self, name: str, settings: Mapping[str, str], *, project: Path = PROJECT, base: str = ""
    ) -> auto.Stack:
        """Select a stack whose workspace lies beside the project, making it where it is missing.

        Args:
            name: the stack's name.
            settings: keys with their values, as in a stack's file, namespace included.
            project: the program's folder.
            base: text of a stack file that the settings come after.
        """
        folder = self.home / "workspaces" / f"{project.name}-{name}"
        kept = [line for line in base.splitlines() if line.strip().split(": ")[0] not in settings]
        lines = [*(kept or ["config:"]), *(f"  {key}: {value}" for key, value in settings.items())]
        workspace.write(folder, project, name, "\n".join(lines) + "\n")
        options = auto.LocalWorkspaceOptions(env_vars=dict(self.environment))
        return auto.create_or_select_stack(name, work_dir=str(folder), opts=options)

    def state_file(self, name: str, project: str = "airflow-ecs") -> str:
        """Read what the backend keeps of a stack."""
        return (self.home / "state" / ".pulumi" / "stacks" / project / f"{name}.json").read_text()


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Start an account and build the images."""
    home = tmp_path_factory.mktemp("engine")
    (home / "state").mkdir()
    (home / "workspaces").mkdir()
    environment = {
        **engine.environment(),
        "AIRFLOW_ECS_UNSENT": str(home / "unsent"),
        # A foreign program finds the components as if they were installed.
        "PYTHONPATH": str(PROJECT),
        "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_ERROR_OUTPUT_STRING": "1",
    }
    aws.start(home / "account")
    environment |= aws.environment(home / "account")
    with pytest.MonkeyPatch.context() as patch:
        # The Automation API looks for `pulumi`, and boto3 for the account, in this process's environment.
        for key, value in environment.items():
            patch.setenv(key, value)
        try:
            yield Bench(home, environment, {variant: _image(variant) for variant in VARIANTS})
        finally:
            aws.stop(home / "account")


def _image(variant: str) -> str:
    image = images.build(
        context=HERE / "image",
        dockerfile=HERE / "image" / "Dockerfile",
        build_args={"VARIANT": variant},
        log=lambda _: None,
    )
    return images.push(image, f"{REPOSITORY}:{variant}")
