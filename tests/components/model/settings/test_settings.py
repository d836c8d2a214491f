"""What settings are made of, and that they cannot be wrong once they exist."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.model.settings.configuration import DECLARED
from components.model.settings.errors import SettingsError, camel_case, stack_key
from components.model.settings.setting import Section, declarations, replaced
from components.model.settings.settings import (
    DatabaseSettings,
    Executor,
    ImageSettings,
    LoadBalancerSettings,
    ServiceSettings,
    Settings,
)


def test_a_faulty_settings_object_cannot_exist() -> None:
    """Who builds settings in Python is stopped like who writes a stack file."""
    with pytest.raises(SettingsError, match=r"^scheduler\.memory_mib must be one of 2048"):
        Settings(scheduler=ServiceSettings(memory_mib=512))


def test_settings_cannot_be_changed() -> None:
    """What was checked stays as it was."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().executor = Executor.CELERY  # pyright: ignore[reportAttributeAccessIssue]


def test_every_setting_has_a_description() -> None:
    """A whole sentence, for the page of all settings."""
    for one in declarations(Settings):
        assert one.doc[:1].isupper() or one.doc.split()[0] in {"key=value:", "valkey", "verify-full"}, one.key
        assert one.doc.endswith("."), one.key


def test_a_section_has_one_name() -> None:
    """Class, file and field: `load_balancer.oidc` is an `OidcSettings` of `oidc_settings.py`.

    A service is one of several with the same settings.
    """
    for path, section in _sections(Settings()):
        kind = type(section)
        if kind is not ServiceSettings:
            assert kind.__name__ == "".join(word.capitalize() for word in path[-1].split("_")) + "Settings"
            assert kind.__module__.rsplit(".", 1)[1] == f"{path[-1]}_settings"


def test_the_words_of_a_setting_name_settings() -> None:
    """What looks like a key in a meaning is one, or a value of the setting."""
    values = {"perZone"}
    for one in declarations(Settings):
        looks = set(re.findall(r"(?<![\w./-])[a-z]+(?:[A-Z][a-z]+)+\b", one.doc))
        assert looks <= {*DECLARED, *values}, one.key


def _sections(settings: Section, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Section]]:
    for field in dataclasses.fields(settings):  # pyright: ignore[reportArgumentType]
        value = getattr(settings, field.name)
        if isinstance(value, Section):
            yield (*path, field.name), value
            yield from _sections(value, (*path, field.name))


def test_units_are_part_of_the_names() -> None:
    """A bare `memory`, `timeout` or `retention` leaves people guessing."""
    for one in declarations(Settings):
        for quantity, units in {
            "Memory": ("Mib",),
            "Storage": ("Gib",),
            "Cpu": ("Units",),
            "Timeout": ("Seconds",),
            "Retention": ("Days",),
            "Duration": ("Hours",),
        }.items():
            if quantity in one.key:
                assert one.key.endswith(units), one.key


@pytest.mark.parametrize(
    ("snake", "camel"), [("worker_memory_mib", "workerMemoryMib"), ("nat", "nat"), ("vpc_cidr", "vpcCidr")]
)
def test_keys_are_camel_case(snake: str, camel: str) -> None:
    """As Pulumi's own keys are."""
    assert camel_case(snake) == camel


def test_replacing_changes_only_what_is_named() -> None:
    """Also inside a section, whose other values stay."""
    before = Settings(database=DatabaseSettings(backup_days=3))
    after = replaced(before, {("database", "multi_az"): True, ("parallelism",): 5})
    assert after.database == DatabaseSettings(backup_days=3, multi_az=True)
    assert (after.parallelism, before.parallelism) == (5, 0)


@pytest.mark.parametrize(
    ("size", "warned"),
    [
        (ServiceSettings(), False),
        (ServiceSettings(cpu_units=2048, memory_mib=4096), False),
        (ServiceSettings(cpu_units=512, memory_mib=2048), True),
        (ServiceSettings(cpu_units=512, memory_mib=1024), True),
    ],
)
def test_an_api_server_that_is_too_small_is_warned_of(size: ServiceSettings, *, warned: bool) -> None:
    """It can be deployed, and died in practice."""
    message = [warning.render(stack_key) for warning in Settings(api_server=size).warnings()]
    assert bool(message) is warned
    assert all("apiServerMemoryMib" in line and str(size.memory_mib) in line for line in message)


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, False),
        ({"allowed_cidrs": ("8.8.8.0/24",)}, True),
        ({"allowed_cidrs": ("10.0.0.0/8", "8.8.8.8/32")}, True),
        ({"allowed_cidrs": ("10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12")}, False),
        ({"allowed_cidrs": ("8.8.8.0/24",), "domain": "airflow.example.com"}, False),
        ({"allowed_cidrs": ("8.8.8.0/24",), "internal": True}, False),
    ],
)
def test_passwords_on_the_internet_are_warned_of(changes: dict[str, Any], *, warned: bool) -> None:
    """Public networks without a certificate; private ones are somebody's own."""
    settings = Settings(load_balancer=LoadBalancerSettings(**changes))
    message = [warning.render(stack_key) for warning in settings.warnings()]
    assert bool(message) is warned
    start, end = "loadBalancerAllowedCidrs holds 8.8.8.", "loadBalancerDomain or loadBalancerCertificateArn:"
    assert all(line.startswith(start) and end in line for line in message)


@pytest.mark.parametrize(("scheme", "warned"), [("https", False), ("http", True)])
def test_packages_that_anybody_can_replace_are_warned_of(scheme: str, *, warned: bool) -> None:
    """What the user's file names has no hashes; all else has."""
    settings = Settings(image=ImageSettings(package_index_url=f"{scheme}://index.example/simple/"))
    message = [warning.render(stack_key) for warning in settings.warnings()]
    assert [line.startswith("imagePackageIndexUrl is not https:") for line in message] == [True] * warned
