"""Every form of `prod` that people come to, as a Terraform plan through checkov: what fails is explained.

It proves what checkov sees in the inputs. The conversion is ours (`terraform_plan`), and a check that finds
nothing to look at passes too: the number of passed checks is held as well.
"""

import hashlib
import inspect
import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from policy.exceptions import EXCEPTIONS, WITHOUT_RULE
from policy.rules import BY_NAME
from tests.dags import interpreters
from tests.helpers.rendered_stacks import VARIANTS, variant
from tests.security.terraform_plan import text

HERE: Final = Path(__file__).parent
CHECKED: Final = [name for name, (base, settings) in VARIANTS.items() if base == "prod" and settings]
"""All but `prod` as shipped: it has no certificate, which is harmless while nobody may come in."""
OF_THE_PACK: Final = {name for one in EXCEPTIONS for name in BY_NAME[one.rule].ids if name.startswith("CKV")}
"""Checks that stand for a rule of the policy pack with an exception, which has reason and cost."""
MIN_PASSED: Final = 350
"""Of each form; the smallest, in a company's network with its database, has 379."""

Failed = Mapping[str, list[str]]

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> dict[str, Any]:
    """What checkov says about all of them, now or when this version of it saw the same plans."""
    lock = HERE / "checkov.lock"
    plans = {name: text(variant(name)) for name in CHECKED}
    seen = hashlib.sha256(
        json.dumps([lock.read_text(), plans, inspect.getsource(_checkov)]).encode()
    ).hexdigest()
    cache: Any = pytestconfig.cache
    if not cache.get(f"checkov/{seen}", None):
        cache.set(f"checkov/{seen}", _checkov(lock, plans, tmp_path_factory.mktemp("plans")))
    return cache.get(f"checkov/{seen}", None)


def _checkov(lock: Path, plans: Mapping[str, str], folder: Path) -> dict[str, Any]:
    for name, plan in plans.items():
        (folder / f"{name}.json").write_text(plan)
    python = interpreters.built(lock, print)
    command = [str(python.parent / "checkov"), "--framework", "terraform_plan", "--skip-download"]
    done = subprocess.run(
        [*command, "-d", str(folder), "-o", "json", "--quiet"], check=False, capture_output=True, text=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def failed(found: dict[str, Any]) -> Failed:
    """Resources by the check that they fail."""
    resources: dict[str, list[str]] = defaultdict(list)
    for check in found["results"]["failed_checks"]:
        resources[check["check_id"]].append(f"{check['file_path']} {check['resource']}")
    return resources


def test_every_failed_check_is_explained(failed: Failed) -> None:
    """By an exception of the policy pack, or as a control without a rule."""
    assert {
        name: where for name, where in failed.items() if name not in OF_THE_PACK | set(WITHOUT_RULE)
    } == {}


def test_every_explanation_is_needed(failed: Failed) -> None:
    """What is mended needs no excuse."""
    assert set(WITHOUT_RULE) <= set(failed)


def test_checkov_saw_the_program(found: dict[str, Any]) -> None:
    """It read all resources of AWS in every form, and had something to say about them."""
    made = [one for name in CHECKED for one in variant(name) if one.type.startswith("aws:")]
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["resource_count"] == len(made)
    assert found["summary"]["passed"] >= MIN_PASSED * len(CHECKED)
