"""Errors that whoever called the command can set right: one line, and exit code 2."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

USAGE: Final = 2
"""Exit code for wrong arguments, stack, region or credentials, as a shell's own commands have it."""
SELECT: Final = "Select credentials of its account with AWS_PROFILE, aws:profile or aws:assumeRoles"
REMEDIES: Final = {
    r"ExpiredToken|RequestExpired|[Tt]oken has expired|session .*has expired|refresh cached credentials": (
        "The credentials have expired: log in to AWS again, for example with `aws sso login`"
    ),
    r"Unable to locate credentials|Partial credentials|[Nn]o valid credential sources|NoCredentialProviders|"
    r"no EC2 IMDS role|Error loading SSO Token|config profile|get shared config profile|InvalidClientTokenId|"
    r"UnrecognizedClient|SignatureDoesNotMatch|Invalid credentials configured": SELECT,
    r"[Ii]nvalid AWS [Rr]egion|[Mm]issing [Rr]egion|specify a region|region_name .* match|"
    r"Could not connect to the endpoint URL|AuthorizationHeaderMalformed": (
        "Check the stack's region (`pulumi config get aws:region`) and the network"
    ),
    r"PULUMI_ACCESS_TOKEN must be set|not logged in": (
        "Log in to the backend of the stack's state: `pulumi login`, or PULUMI_BACKEND_URL"
    ),
    r"incorrect passphrase|passphrase must be set": (
        "Set the passphrase of the stack's secrets: PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
    ),
}
"""What to do, by what AWS's SDKs, its Pulumi provider and Pulumi itself print."""


class UsageError(Exception):
    """What the caller can set right: arguments, credentials, region, the stack. One line with the remedy."""


def remedy(text: str) -> str:
    """Return what to do about an error of AWS or Pulumi; empty where it is not the caller's to set right."""
    return next((advice for pattern, advice in REMEDIES.items() if re.search(pattern, text)), "")


def as_usage_error(error: Exception) -> str:
    """Return the line for an error of AWS's SDK or of HTTP that nothing else describes; or nothing."""
    package = type(error).__module__.partition(".")[0]
    if package == "botocore":
        return f"AWS: {one_line(str(error))}. {remedy(str(error)) or SELECT}"
    if package == "requests":
        return f"HTTP: {one_line(str(error))}"
    return ""


@contextmanager
def at_aws(what: str, otherwise: str = SELECT) -> Generator[None]:
    """Describe errors of AWS's SDK.

    Args:
        what: what cannot be done, such as `the password of stack dev cannot be read`.
        otherwise: what to do, unless the error itself shows it: which credentials to select.

    Raises:
        UsageError: AWS refused, or could not be reached.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - `--help` does without

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        text = one_line(str(error)).rstrip(".")
        advice = remedy(text) or SELECT
        raise UsageError(f"{what}: {text}. {otherwise if advice == SELECT else advice}") from error


def reason(printed: str) -> str:
    """Return the last line of what Pulumi, or the Automation API for it, printed."""
    lines = [line.strip().removeprefix("stderr:").strip() for line in printed.splitlines()]
    return next((line for line in reversed(lines) if line), "no reason given")


def one_line(text: str) -> str:
    """Join the lines of a text."""
    return " ".join(text.split())
