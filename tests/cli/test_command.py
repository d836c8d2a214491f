"""The command line: help, examples, options, completion, errors. What the verbs do is tested elsewhere.

Not proved: how long it takes. Loading Pulumi or boto3 takes most of a second; `--help` loads neither.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App

from cli.app import DAG_VERBS, LOCAL_VERBS, VERBS, app, main
from tests.cli.command import airflow_ecs

ROOT = Path(__file__).resolve().parents[2]
OF_THIS_MACHINE = [f"local {name}" for name in LOCAL_VERBS]
NAMES = [*VERBS, *(f"dags {name}" for name in DAG_VERBS), *OF_THIS_MACHINE]
EXAMPLES = {
    name: example for verbs in (VERBS, DAG_VERBS, LOCAL_VERBS) for name, (_, example) in verbs.items()
}
WITHOUT_STACK = {"completion", "init", "test", *OF_THIS_MACHINE}
SLOW = {"pulumi", "boto3", "botocore", "requests", "yaml", "components", "policy"}
"""What takes longer to load than everything that help needs."""
PAGES = [
    "Makefile",
    "README.md",
    "SECURITY.md",
    "local/__main__.py",
    *(
        str(file.relative_to(ROOT))
        for pattern in ("docs/*.md", ".github/workflows/*.yml", ".github/destroy-*", "components/**/*.py")
        for file in ROOT.glob(pattern)
    ),
]
CALL = re.compile(rf"airflow-ecs ((?:{'|'.join(VERBS)}|(?:dags|local) \w+) .*)$", re.MULTILINE)
END = re.compile(r"`| \||\\n| >|;| +#| \(| runs a DAG")
"""Where a command line ends in a shell script, or in a sentence."""


def _verb(name: str) -> App:
    found = app()
    for word in name.split():
        found = found[word]
    return found


def test_help_loads_neither_pulumi_nor_aws() -> None:
    """Of the command and of every verb, in a fresh process."""
    script = (
        "import sys\nfrom cli.app import main\n"
        f"for name in {['', *NAMES]!r}:\n    main([*name.split(), '--help'])\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    *help_, loaded = done.stdout.splitlines()
    assert not SLOW & set(loaded.split())
    printed = "\n".join(help_)
    assert printed.count("Usage: airflow-ecs") == len(NAMES) + 1
    assert printed.count("Example: ") == len(NAMES) + 1


def test_each_verb_is_a_module() -> None:
    """And each module is one."""
    folder = ROOT / "cli" / "verbs"
    files = {
        str(file.relative_to(folder).with_suffix("")).replace("/", " ").replace("_", "-")
        for file in folder.rglob("*.py")
        if file.name != "__init__.py"
    }
    assert files == set(NAMES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_command_line_that_is_taken(name: str) -> None:
    """With its options and the types of their values; it is not run."""
    words = shlex.split(EXAMPLES[name].removeprefix('eval "$(').removesuffix(')"'))
    assert words[0] == "airflow-ecs"
    app().parse_args(words[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_that_answers_takes_json(name: str) -> None:
    """But `completion`, whose answer is a script, and those that print what this machine is doing."""
    options = {option for one in _verb(name).assemble_argument_collection() for option in one.names}
    assert ("--json" in options) == (name not in {"completion", "test", *OF_THIS_MACHINE})
    assert ("--stack" in options) == (name not in WITHOUT_STACK)


def test_the_command_lines_of_pages_and_workflows_are_taken() -> None:
    """README, docs, Makefile, workflows and messages name no verb or option that there is not."""
    lines = {
        END.split(found)[0]
        for page in PAGES
        for found in CALL.findall((ROOT / page).read_text().replace("\\\n", " "))
    }
    complete = {one for one in lines if " --" in one and "..." not in one}
    assert len(complete) > 15
    for line in complete:
        words = [word.replace("$NUMBER", "7") for word in shlex.split(line)]
        app().parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["cots", "--stack", "dev"], 'airflow-ecs: Unknown command "cots". Did you mean "cost"?'),
        (["cost", "--stak", "dev"], "airflow-ecs cost: "),
        (["cost"], "--stack requires an argument. See `airflow-ecs cost --help`"),
        (
            ["cost", "--stack", "dev", "--hours-per-day", "25"],
            'Invalid value "25.0" for --hours-per-day. Must be <= 24.',
        ),
        (["cost", "--stack", "dev", "--hours-per-day", "x"], 'unable to convert "x" into float'),
        (["trigger", "--stack", "dev"], "DAG_ID"),
        (["trigger", "smoke", "--stack", "dev", "--conf", "[]"], "--conf must be a JSON object; got []"),
        (["trigger", "smoke", "--stack", "dev", "--conf", "{"], "--conf must be a JSON object: Expecting"),
        (["destroy", "--stack", "dev", "--confirm", ""], "--confirm must be dev; got "),
        (["dags", "pusch", "--stack", "dev"], 'Unknown command "pusch". Did you mean "push"?'),
        (["destroy", "--stack", "dev", "--confirm", "dve"], "--confirm must be dev; got dve"),
        (
            ["destroy", "--stack", "dev", "--confirm", "https://me:planted@x"],
            "must be dev; got https://***@x",
        ),
    ],
    ids=repr,
)
def test_wrong_arguments_are_one_line(
    words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2, and what is right."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert error in printed
    assert printed.count("\n") == 1


def test_the_last_of_several_values_counts(tmp_path: Path) -> None:
    """So a script can add an option to a line that has it."""
    done = airflow_ecs("cost", "--stack", "dev", "--workspace", "/", "--workspace", str(tmp_path))
    assert done.stderr.startswith(f"{tmp_path} has no Pulumi.yaml")


def test_bash_completes_verbs_and_options(tmp_path: Path) -> None:
    """By the script that `completion` prints."""
    script = tmp_path / "completion.bash"
    script.write_text(airflow_ecs("completion", "bash").stdout)
    asked = (
        f"source {script}; complete -p airflow-ecs; f=$(complete -p airflow-ecs | sed 's/.*-F //; s/ .*//');"
        'complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=();'
        ' $f airflow-ecs "${!#}" "${@: -2:1}";'
        ' echo "${COMPREPLY[@]}"; }; complete_line airflow-ecs pre; complete_line airflow-ecs cost --hou;'
        " complete_line airflow-ecs dags rol"
    )
    done = subprocess.run(["bash", "-c", asked], check=True, capture_output=True, text=True)
    assert done.stdout.split()[-3:] == ["preview", "--hours-per-day", "rollback"]
