"""A GitHub repository by name and by id, as the subject of its OpenID tokens has it."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from cli.errors import UsageError

NAME: Final = re.compile(r"[\w.-]+/[\w.-]+")
_FIELDS: Final = '"\\(.full_name) \\(.owner.id) \\(.id)"'
_AS_OPTIONS: Final = '"--owner-id \\(.owner.id) --repository-id \\(.id)"'
_SECONDS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository, which another one of the same name, made later, is not.

    Attributes:
        name: `OWNER/NAME`, as GitHub spells it: a subject's case counts.
        owner_id: GitHub's number of the owner.
        repository_id: GitHub's number of the repository.
        names_too: trust tokens without ids too, while a repository moves to those with them.
    """

    name: str
    owner_id: int
    repository_id: int
    names_too: bool = False

    def subjects(self, context: str) -> list[str]:
        """List the subjects of tokens in a context, such as `environment:prod`.

        https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
        """
        owner, name = self.name.split("/")
        immutable = f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}:{context}"
        return [immutable, f"repo:{self.name}:{context}"] if self.names_too else [immutable]


def find(name: str, owner_id: int | None, repository_id: int | None, *, names_too: bool) -> Repository:
    """Take the ids that are given, or ask GitHub's command line for them.

    Raises:
        UsageError: one is missing, and `gh` cannot tell.
    """
    if owner_id and repository_id:
        return Repository(name=name, owner_id=owner_id, repository_id=repository_id, names_too=names_too)
    if owner_id or repository_id:
        raise UsageError(_missing(name, "--owner-id and --repository-id go together"))
    spelled, *ids = _asked(name)
    if spelled != name:
        raise UsageError(f"--repository: GitHub spells it {spelled}, and a token's subject too; got {name}")
    return Repository(name=name, owner_id=int(ids[0]), repository_id=int(ids[1]), names_too=names_too)


def _asked(name: str) -> list[str]:
    gh = shutil.which("gh")
    if gh is None:
        raise UsageError(_missing(name, "there is no `gh` to ask"))
    command = [gh, "api", f"repos/{name}", "--jq", _FIELDS]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise UsageError(_missing(name, f"`gh` gave no answer in {_SECONDS} s")) from None
    if done.returncode != 0:
        raise UsageError(
            _missing(name, f"`gh` printed: {(done.stderr.strip() or 'nothing').splitlines()[-1]}")
        )
    return done.stdout.split()


def _missing(name: str, why: str) -> str:
    return (
        f"bootstrap: the ids of {name} and its owner, which GitHub's tokens carry, are missing ({why}). "
        f"Add what this prints: gh api repos/{name} --jq '{_AS_OPTIONS}'"
    )
