"""A Dockerfile as data: stages of instructions, each with its line; and how its variables are replaced.

Comments and line continuations are dockerfile-parse's work, whose word splitter is used too.
Grammar: https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter

from embedded_aws.images.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?\s*")
_HEREDOC = re.compile(r"(?<!<)<<-?[\"']?[A-Za-z_]\w*")
_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<rule>:?[-+?])(?P<word>(?:[^{}]|\$\{[^{}]*\})*))?\})"
)


@dataclass(frozen=True)
class Instruction:
    """One instruction: `RUN --mount=type=cache,target=/c pip list` has one flag and the text `pip list`."""

    path: str
    line: int
    name: str
    flags: tuple[tuple[str, str], ...]
    text: str

    def error(self, text: str) -> DockerfileError:
        """Return the error to raise about this instruction."""
        return DockerfileError(self.path, self.line, f"{self.name}: {text}")

    def words(self) -> list[str]:
        """Return the words as written, quotes and variables still in them."""
        return list(cast("Any", WordSplitter(self.text).split(dequote=False)))

    def json_words(self) -> list[str] | None:
        """Return the words of the exec form `["a", "b"]`; None when this is not one."""
        if not self.text.startswith("["):
            return None
        try:
            value = json.loads(self.text)
        except json.JSONDecodeError:
            return None
        return cast("list[str]", value) if all(isinstance(word, str) for word in value) else None

    def values(self, variables: Mapping[str, str]) -> list[str]:
        """Return the words of either form, expanded."""
        return [expand(self, word, variables) for word in self.json_words() or self.words()]

    def pairs(self) -> list[tuple[str, str]]:
        """Return `K=V ...` (ENV, LABEL; also the old `ENV K V`) as pairs, variables still in them."""
        words = self.words()
        if words and "=" not in words[0]:
            name, _, value = self.text.partition(" ")
            words = [f"{name}={value.strip()}"]
        if not words or any("=" not in word for word in words):
            raise self.error("must be NAME=value ...")
        return [cast("tuple[str, str]", tuple(word.split("=", 1))) for word in words]


@dataclass(frozen=True)
class Stage:
    """What stands between one FROM and the next."""

    start: Instruction
    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list[Instruction])


@dataclass(frozen=True)
class Dockerfile:
    """All stages, and the arguments given before the first."""

    arguments: dict[str, str]
    stages: list[Stage]


def parse(
    path: str, text: str, build_args: Mapping[str, str], platform_args: Mapping[str, str]
) -> Dockerfile:
    """Read a Dockerfile; `path` is only for messages, `platform_args` are TARGETARCH and its like.

    Raises:
        DockerfileError: It is malformed, with the line.
    """
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for instruction in _instructions(path, text):
        if instruction.name == "FROM":
            stages.append(_stage(instruction, {**platform_args, **arguments}, len(stages)))
        elif stages:
            stages[-1].instructions.append(instruction)
        elif instruction.name == "ARG":
            for name, default in declared_arguments(instruction, {**platform_args, **arguments}).items():
                arguments[name] = build_args.get(name, default or "")
        else:
            raise instruction.error("stands before the first FROM")
    if not stages:
        raise DockerfileError(path, 1, "FROM is missing")
    return Dockerfile(arguments, stages)


def declared_arguments(instruction: Instruction, variables: Mapping[str, str]) -> dict[str, str | None]:
    """Return what an ARG declares: name to default, None where it gives none."""
    split = [word.partition("=") for word in instruction.words()]
    return {name: expand(instruction, value, variables) if equals else None for name, equals, value in split}


def expand(instruction: Instruction, word: str, variables: Mapping[str, str]) -> str:
    """Replace `$X`, `${X}`, `${X:-default}`, `${X:+other}`, `${X:?error}` and take quotes and escapes away.

    Raises:
        DockerfileError: A `$` starts no variable, or a variable asked for with `?` is not set.
    """
    out: list[str] = []
    quote = ""
    position = 0
    while position < len(word):
        char, following = word[position], word[position + 1 : position + 2]
        if char == "\\" and quote != "'" and following:
            out.append(following if not quote or following in '"$\\' else char + following)
            position += 2
        elif char in ("'", '"') and quote in ("", char):
            quote = "" if quote else char
            position += 1
        elif char == "$" and quote != "'" and (following == "{" or following.isalpha() or following == "_"):
            match = _VARIABLE.match(word, position)
            if match is None:
                raise instruction.error(f"cannot read the variable in {word}")
            out.append(_value(instruction, match, variables))
            position = match.end()
        else:
            out.append(char)
            position += 1
    return "".join(out)


def _value(instruction: Instruction, match: re.Match[str], variables: Mapping[str, str]) -> str:
    name = match["bare"] or match["name"]
    value, rule = variables.get(name), match["rule"] or ""
    given = bool(value) if rule.startswith(":") else value is not None
    if rule.endswith("+"):
        return expand(instruction, match["word"], variables) if given else ""
    if given or not rule:
        return value or ""
    if rule.endswith("?"):
        raise instruction.error(f"{name} is not set: {match['word'] or 'a value is required'}")
    return expand(instruction, match["word"], variables)


def _instructions(path: str, text: str) -> list[Instruction]:
    parser = DockerfileParser(fileobj=cast("Any", io.BytesIO(text.encode())))
    lines = cast("list[dict[str, Any]]", parser.structure)
    return [_instruction(path, line) for line in lines if line["instruction"] != "COMMENT"]


def _instruction(path: str, line: dict[str, Any]) -> Instruction:
    name, text = cast("str", line["instruction"]), cast("str", line["value"]).strip()
    flags: list[tuple[str, str]] = []
    while match := _FLAG.match(text):
        flags.append((match[1], match[2] or ""))
        text = text[match.end() :]
    instruction = Instruction(path, cast("int", line["startline"]) + 1, name, tuple(flags), text)
    if name in ("RUN", "COPY") and _HEREDOC.search(text):
        raise instruction.error("here-documents are not read here; put the text into a file and COPY it")
    if not text:
        raise instruction.error("nothing follows")
    return instruction


def _stage(instruction: Instruction, variables: Mapping[str, str], index: int) -> Stage:
    words = [expand(instruction, word, variables) for word in instruction.words()]
    match words:
        case [base] if base:
            return Stage(instruction, base, str(index))
        case [base, keyword, name] if base and keyword.upper() == "AS":
            return Stage(instruction, base, name.lower())
        case _:
            raise instruction.error(f"must be FROM image [AS name]; got {instruction.text!r}")
