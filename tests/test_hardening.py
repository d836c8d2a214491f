"""docs/hardening.md names tests and settings that there are, for the Airflow that the image has.

What this does not prove: that its recommendations are all that Airflow's pages have. People compare them for
each minor version, which the first test asks for.
"""

import re

import pytest

from components.model.image.context import airflow_version
from components.model.rendered import containers, of_kind
from tests.helpers.checkout import ROOT
from tests.helpers.hardening_page import PAGE, named_tests, settings
from tests.helpers.rendered_stacks import VARIANTS, variant


def test_the_page_is_about_the_images_airflow() -> None:
    """Its first line and its links name the minor version that docker/requirements.lock has."""
    minor = airflow_version(ROOT).rpartition(".")[0]
    named = re.findall(r"What Airflow (\S+)'s|docs/apache-airflow/(\d+\.\d+)\.\d+/", PAGE.read_text())
    assert len(named) > 5
    assert {first or second for first, second in named} == {minor}


def test_every_test_that_it_names_exists() -> None:
    """In the file that the link leads to."""
    missing = [
        f"{file}: {name}"
        for name, file in named_tests()
        if not re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]
    assert len(named_tests()) > 50
    assert missing == []


def test_every_row_is_held_or_has_a_reason() -> None:
    """By a test or a page; what is not followed says so."""
    rows = re.findall(
        r"^\| (?!Airflow|setting|---|`\[)(.+) \| (.+) \| (.*) \|$", PAGE.read_text(), re.MULTILINE
    )
    assert len(rows) > 30
    assert [row[0] for row in rows if "](" not in row[2]] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_no_stack_sets_anything_else(name: str) -> None:
    """Each setting of the page, in each container of each form of the program."""
    wanted = {
        f"AIRFLOW__{section}__{option}".upper(): value for (section, option), value in settings().items()
    }
    assert len(wanted) > 20
    found = {
        (container["name"], one["name"], one["value"])
        for task in of_kind(variant(name), "ecs/TaskDefinition")
        for container in containers(task)
        for one in container["environment"]
        if one["name"] in wanted
    }
    assert {variable for _, variable, _ in found} >= {
        "AIRFLOW__CORE__AUTH_MANAGER",
        "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES",
    }
    assert [one for one in sorted(found) if wanted[one[1]] != one[2]] == []


def test_who_may_change_what_runs_in_every_service_is_named() -> None:
    """Packages and plugins run in the scheduler and the API server, which code of DAGs must not reach."""
    owned = re.findall(r"^(/\S+)\s+@", (ROOT / ".github/CODEOWNERS").read_text(), re.MULTILINE)
    assert {"/docker/", "/plugins/"} <= {*owned}
    assert "/dags/" not in owned
