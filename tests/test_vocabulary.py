"""Names, settings, headings, messages and command-line help use the words of docs/glossary.md.

What a test cannot read is prose: docstrings, comments and paragraphs are for reviewers.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import yaml

from cli.app import DAG_VERBS, VERBS

ROOT: Final = Path(__file__).resolve().parent.parent
GLOSSARY: Final = ROOT / "docs" / "glossary.md"
OPTIONS: Final = {"ArgumentParser", "add_argument", "add_parser", "App", "Parameter"}
PRINTED: Final = {"Rule", "SettingError", "_log", "_print", "at", "invalid", "print", "setting"}
"""Calls whose literals are policy rules, errors and descriptions of settings, or printed lines."""
LOGGED: Final = {"debug", "info", "warn", "warning", "error"}
USERS: Final = (":!dags", ":!plugins")
"""What belongs to the user, in words of their own."""


AWS_CODE = re.compile(r"[A-Z]\w+Fault")
"""Codes of errors that AWS chose, such as InvalidDBSubnetGroupStateFault."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A piece of text that a reader meets as a name or a message."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word, or words in a row, that we do not use."""

    marked: str
    instead: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What it looks like in a text that `_spaced` has taken apart, or at the start of a constant."""
        if self.marked.endswith("_"):
            return re.compile(rf"^_?{self.marked}")
        return re.compile(rf"\b{self.marked}\b", re.IGNORECASE)


@cache
def _words() -> tuple[Word, ...]:
    rows = re.findall(r"^\|(.+)\|(.+)\|(.+)\|$", GLOSSARY.read_text(), re.MULTILINE)
    return tuple(
        Word(marked=marked, instead=instead.strip())
        for _, instead, checked in rows
        for marked in re.findall(r"`(.+?)`", checked)
    )


def _spaced(text: str) -> str:
    """Take names in snake case and camel case apart: `load_balancerGate` to `load balancer Gate`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-']", " ", text).replace("'", "")


def _found(word: Word, use: Use) -> bool:
    return bool(word.pattern.search(use.text if word.marked.endswith("_") else _spaced(use.text)))


def _files(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern, *USERS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split() if (ROOT / name).is_file()]


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.alias(asname=str(name)):
            yield name
        case _:
            pass


def _messages(node: ast.AST) -> Iterator[str]:
    """Find messages, descriptions of settings and command-line help: literals, also in f-strings."""
    match node:
        case ast.Raise(exc=ast.expr() as raised):
            yield from _literals(raised)
        case ast.Call(func=ast.Name(id=name)) as call if name in PRINTED:
            yield from _literals(call)
        case ast.Call(func=func) as call:
            name = ast.unparse(func).rsplit(".", 1)[-1]
            if ast.unparse(func) == "sys.exit":
                yield from _literals(call)
            if name in OPTIONS:
                for keyword in call.keywords:
                    if keyword.arg in {"help", "description", "help_epilogue"}:
                        yield from _literals(keyword.value)
        case _:
            pass


def _collected(node: ast.AST) -> Iterator[str]:
    """Find messages of `errors.add(...)`, of `log.warn(...)`, and those that `..._error` functions return."""
    match node:
        case ast.Call(func=ast.Attribute(attr="add"), args=[_, message]):  # a set's takes one argument
            yield from _literals(message)
        case ast.Call(func=ast.Attribute(attr=level, value=log)) as call if level in LOGGED:
            if ast.unparse(log).lower().endswith("log"):
                yield from _literals(call)
        case ast.FunctionDef(name=name) if name.endswith("_error"):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return | ast.Yield) and inner.value:
                    yield from _literals(inner.value)
        case _:
            pass


def _literals(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Constant)
            and isinstance(inner.value, str)
            and not AWS_CODE.fullmatch(inner.value)
        ):
            yield inner.value


def _python(file: Path) -> Iterator[Use]:
    name = str(file.relative_to(ROOT))
    yield Use(file=name, line=1, text=file.stem)
    for node in ast.walk(ast.parse(file.read_text())):
        for text in (*_names(node), *_messages(node), *_collected(node)):
            yield Use(file=name, line=getattr(node, "lineno", 1), text=text)


def _verbs() -> Iterator[Use]:
    """The summary and example of each verb, which are its help."""
    for verb, help_ in (VERBS | DAG_VERBS).items():
        for text in help_:
            yield Use(file=f"cli/app.py, {verb}", line=1, text=text)


def _headings(file: Path) -> Iterator[Use]:
    fenced = False
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            yield Use(file=str(file.relative_to(ROOT)), line=number, text=line)


def _keys() -> Iterator[Use]:
    """The declaration of every setting; `tests/test_layout.py` compares it with the settings' own."""
    text = (ROOT / "Pulumi.yaml").read_text()
    for key in yaml.safe_load(text)["config"]:
        line = text[: text.index(f"\n  {key}:")].count("\n") + 2
        yield Use(file="Pulumi.yaml", line=line, text=key)


@cache
def _uses() -> tuple[Use, ...]:
    return (
        *_keys(),
        *_verbs(),
        *(use for file in _files("*.py") for use in _python(file)),
        *(use for file in _files("*.md") if file != GLOSSARY for use in _headings(file)),
    )


def _hits(word: Word) -> list[str]:
    return [
        f"{use.file}:{use.line}: {use.text!r} has {word.marked!r}; say {word.instead}"
        for use in _uses()
        if _found(word, use)
    ]


@pytest.mark.parametrize("word", _words(), ids=lambda word: word.marked)
def test_a_word_that_the_glossary_marks_is_not_used(word: Word) -> None:
    """Each use is named by file, line and what to say instead."""
    assert _hits(word) == []


def test_the_glossary_marks_words() -> None:
    """The table is read: an empty list would prove nothing."""
    assert len(_words()) > 25
    assert Word(marked="fault", instead="error") in _words()


@pytest.mark.parametrize(
    "source",
    [
        "def faults(): pass",
        "class NoFaultError(Exception): pass",
        "def f(any_fault=1): pass",
        "self.lastFault = 1",
        "raise ValueError(f'a fault of {x}')",
        "sys.exit('a fault')",
        "errors.add('vpc.id', f'a fault of {x}')",
        "pulumi.log.warn(f'a fault of {x}')",
        "LOG.warning('a fault of %s', x)",
        "def size_error(x): return f'a fault of {x}' if x else None",
        "x: int = setting(1, 'How many faults there are.')",
        "x: bool = setting(default=False, doc='Whether there is a fault.')",
        "parser.add_argument('--x', help='the fault')",
        "x: Annotated[str, Parameter('--x', help='the fault')]",
        "import x as fault",
        "for fault in x: pass",
    ],
)
def test_a_use_is_seen(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every kind of name and message that the glossary speaks of."""
    file = tmp_path / "x.py"
    file.write_text(source)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    word = Word(marked="fault", instead="error")
    other = Word(marked="faults", instead="errors")
    assert [use for use in _python(file) if _found(word, use) or _found(other, use)]


@pytest.mark.parametrize("name", ["default", "faulty_towers", "DEFAULT_FAULTLESS"])
def test_a_word_within_a_word_is_another_word(name: str) -> None:
    """Whole words only."""
    assert not _found(Word(marked="fault", instead="error"), Use(file="x", line=1, text=name))


def test_a_prefix_is_the_beginning_of_a_constant() -> None:
    """`MOST_TASKS` is one, `almost_all` and `AT_MOST_ONE` are none."""
    word = Word(marked="MOST_", instead="MAX")
    hits = [
        name
        for name in ("MOST_TASKS", "_MOST_TASKS", "almost_all", "AT_MOST_ONE")
        if _found(word, Use(file="x", line=1, text=name))
    ]
    assert hits == ["MOST_TASKS", "_MOST_TASKS"]
