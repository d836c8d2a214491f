"""Dockerfiles are read as Docker reads them."""

from __future__ import annotations

import pytest

from embedded_aws.images.dockerfile import Dockerfile, Instruction, expand, parse
from embedded_aws.images.errors import DockerfileError


def read(text: str, **build_args: str) -> Dockerfile:
    """Parse a Dockerfile."""
    return parse("Dockerfile", text, build_args, {"TARGETARCH": "amd64"})


def only(line: str) -> Instruction:
    """Return the instruction of a Dockerfile with one."""
    return read(f"FROM x\n{line}\n").stages[0].instructions[0]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("plain", "plain"),
        ("$A", "one"),
        ("${A}", "one"),
        ("x${A}y$A", "xoneyone"),
        ("$MISSING", ""),
        ("${MISSING:-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY-other}", ""),
        ("${MISSING:-${A}}", "one"),
        ("${A:+set}", "set"),
        ("${EMPTY:+set}", ""),
        ("${EMPTY+set}", "set"),
        ("${MISSING:-}", ""),
        (r"\$A", "$A"),
        ("'$A'", "$A"),
        ('"$A b"', "one b"),
        (r'"a\"b"', 'a"b'),
        (r'"a\nb"', r"a\nb"),
        ("a'b'\"c\"", "abc"),
        (r"a\ b", "a b"),
        ("cost$", "cost$"),
        ("1$2", "1$2"),
    ],
)
def test_a_word_is_expanded_as_docker_does(word: str, value: str) -> None:
    """Variables, defaults, quotes and escapes."""
    assert expand(only("LABEL a=b"), word, {"A": "one", "EMPTY": ""}) == value


def test_a_required_variable_that_is_not_set_is_refused_with_its_line() -> None:
    """`${X:?why}` stops the build and says why."""
    with pytest.raises(DockerfileError, match=r"Dockerfile:2: LABEL: X is not set: give it"):
        expand(only("LABEL a=b"), "${X:?give it}", {})


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("ENV A=1 B='b c' C=\"$A d\"", [("A", "1"), ("B", "'b c'"), ("C", '"$A d"')]),
        ("ENV OLD the old form", [("OLD", "the old form")]),
        ("LABEL a.b=c \\\n  d=e=f", [("a.b", "c"), ("d", "e=f")]),
        ("ENV EMPTY=", [("EMPTY", "")]),
    ],
)
def test_pairs(line: str, pairs: list[tuple[str, str]]) -> None:
    """Both forms of ENV and LABEL."""
    assert only(line).pairs() == pairs


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('CMD ["a", "b c"]', ["a", "b c"]),
        ('CMD ["a", "b', None),
        ("CMD [ -e /x ] && y", None),
        ("CMD a b", None),
        ("CMD [1]", None),
    ],
)
def test_the_exec_form_is_json_and_all_else_is_shell(line: str, words: list[str] | None) -> None:
    """As Docker: what is no list of strings is the shell form."""
    assert only(line).json_words() == words


def test_continuations_comments_and_flags() -> None:
    """A comment inside an instruction is left out, the line is the first one's, flags are parted off."""
    run = "RUN --mount=type=cache,target=/c --network=host one \\\n  # why\n  && two\n"
    text = f"# first\n\nFROM x\n\n{run}CMD three\n"
    first, second = read(text).stages[0].instructions
    assert (first.line, first.name, first.text.split()) == (5, "RUN", ["one", "&&", "two"])
    assert first.flags == (("mount", "type=cache,target=/c"), ("network", "host"))
    assert (second.line, second.text) == (8, "three")


def test_arguments_before_from_choose_the_base() -> None:
    """The default counts unless a build argument overrides it; stages get numbers or names."""
    text = "ARG BASE=a\nARG TAG=1\nFROM $BASE:${TAG} AS First\nFROM first\nFROM ${NONE:-b}-$TARGETARCH"
    parsed = read(text, TAG="2")
    assert [(stage.base, stage.name) for stage in parsed.stages] == [
        ("a:2", "first"),
        ("first", "1"),
        ("b-amd64", "2"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RUN x\nFROM y\n", "Dockerfile:1: RUN: stands before the first FROM"),
        ("# nothing\n", "Dockerfile:1: FROM is missing"),
        ("FROM a b c d\n", "Dockerfile:1: FROM: must be FROM image"),
        ("FROM $NONE\n", "Dockerfile:1: FROM: must be FROM image"),
        ("FROM a\n\nRUN <<EOF\necho\nEOF\n", "Dockerfile:3: RUN: here-documents are not read here"),
        ("FROM a\nUSER\n", "Dockerfile:2: USER: nothing follows"),
    ],
)
def test_what_is_malformed_is_refused_with_its_line(text: str, message: str) -> None:
    """One clear line for each."""
    with pytest.raises(DockerfileError) as error:
        read(text)
    assert message in str(error.value)


def test_a_here_string_is_not_a_here_document() -> None:
    """`<<<` belongs to the shell."""
    assert only("RUN bash -c 'cat <<<word'").text == "bash -c 'cat <<<word'"
