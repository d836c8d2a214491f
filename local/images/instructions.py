"""What each Dockerfile instruction does to a stage; what cannot be honoured here is refused with its line."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import sandbox
from local.images import dockerfile as syntax
from local.images.context import Files, content_hash
from local.images.errors import DockerfileError, ImageError
from local.images.layers import Cache, Copy, Folders, Layer, Run, Step, hash_of
from local.images.users import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.images.dockerfile import Instruction
    from local.images.layers import State

_LONGEST_VALUE = 131_000  # bytes; Linux refuses longer strings in an environment (MAX_ARG_STRLEN)
_PROXIES = re.compile(r"(?i)(http|https|ftp|no|all)_proxy")
_REFUSED: Final = {
    "ADD": "write COPY; archives and URLs are not unpacked here",
    "HEALTHCHECK": "ECS ignores it; put it into the container definition",
    "ONBUILD": "not known here; write its instruction in the image that needs it",
    "MAINTAINER": "write LABEL",
}
_CACHE_OPTIONS = {"type", "id", "target", "dst", "destination", "sharing", "uid", "gid", "mode"}


@dataclass
class Build:
    """What all stages of one build share."""

    context: Files
    build_args: Mapping[str, str]
    global_args: Mapping[str, str]
    stages: dict[str, State] = field(default_factory=dict[str, "State"])
    used: set[str] = field(default_factory=set[str])

    def unused_args(self) -> frozenset[str]:
        """Return the build arguments that no ARG declares; proxies need none."""
        given = {name for name in self.build_args if not _PROXIES.fullmatch(name)}
        return frozenset(given - self.used - self.global_args.keys())


def apply(instruction: Instruction, state: State, build: Build) -> None:
    """Let one instruction change `state`.

    Raises:
        DockerfileError: It is unknown, malformed, or cannot be honoured here.
    """
    if instruction.name in _REFUSED:
        raise instruction.fault(_REFUSED[instruction.name])
    handler = _HANDLERS.get(instruction.name)
    if handler is None:
        raise instruction.fault(f"no such instruction; known are {', '.join(sorted(_HANDLERS))}")
    if instruction.name not in ("RUN", "COPY") and instruction.flags:
        raise instruction.fault(f"takes no flag --{instruction.flags[0][0]}")
    try:
        handler(instruction, state, build)
    except DockerfileError:
        raise
    except ImageError as error:
        raise instruction.fault(str(error)) from error


def _arg(instruction: Instruction, state: State, build: Build) -> None:
    for name, default in syntax.declared_arguments(instruction, state.variables).items():
        build.used.add(name)
        value = build.build_args.get(name, default if default is not None else build.global_args.get(name))
        if value is not None:
            state.arguments[name] = value


def _env(instruction: Instruction, state: State, _: Build) -> None:
    before = state.variables  # ENV A=1 B=$A: the new A does not count yet
    state.env.update({name: syntax.expand(instruction, value, before) for name, value in instruction.pairs()})


def _label(instruction: Instruction, state: State, _: Build) -> None:
    labels = {
        syntax.expand(instruction, name, state.variables): syntax.expand(instruction, value, state.variables)
        for name, value in instruction.pairs()
    }
    state.config["Labels"] = {**state.config.get("Labels", {}), **labels}


def _run(instruction: Instruction, state: State, build: Build) -> None:
    caches = tuple(
        cache for name, value in instruction.flags if (cache := _run_flag(instruction, name, value))
    )
    argv = instruction.json_words() or [*state.shell, instruction.text]
    proxies = {name: value for name, value in build.build_args.items() if _PROXIES.fullmatch(name)}
    for name, value in state.variables.items():
        if len(value.encode()) > _LONGEST_VALUE:
            raise instruction.fault(
                f"{name} is {len(value.encode())} bytes long and no program can be started with more than "
                f"{_LONGEST_VALUE} in one variable; COPY it as a file"
            )
    run = Run(tuple(argv), state.variables, proxies, state.user, state.workdir, caches)
    says = ["run", argv, run.env, run.user, run.workdir, [cache.target for cache in caches]]
    state.layer = state.layer.followed_by(Step(instruction, run), row=False, says=says)


def _run_flag(instruction: Instruction, name: str, value: str) -> Cache | None:
    if (name, value) in (("network", "default"), ("network", "host"), ("security", "sandbox")):
        return None
    if name != "mount":
        raise instruction.fault(f"--{name}={value} cannot be honoured here")
    options = {key: value for key, _, value in (part.partition("=") for part in value.split(","))}
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    match options.get("type"):
        case "secret" if options.get("required", "false") == "false":
            return None  # no secret is ever given here; BuildKit leaves out an optional one that is not given
        case "cache" if options.keys() <= _CACHE_OPTIONS and target.startswith("/"):
            return Cache(options.get("id", target), target)
        case _:
            raise instruction.fault(
                f"--mount={value} cannot be honoured here; known are type=cache with an absolute target "
                "and type=secret that is not required"
            )


def _copy(instruction: Instruction, state: State, build: Build) -> None:
    flags = dict(instruction.flags)
    if unknown := flags.keys() - {"from", "chown", "chmod"}:
        raise instruction.fault(
            f"--{min(unknown)} cannot be honoured here; known are --from, --chown, --chmod"
        )
    *sources, last = _values(instruction, state)
    if not sources:
        raise instruction.fault("needs a source and a destination")
    if owner := syntax.expand(instruction, flags.get("chown", ""), state.variables):
        _identity(instruction, owner)
    mode = _mode(instruction, syntax.expand(instruction, flags.get("chmod", ""), state.variables))
    destination = _image_path(instruction, state, last)
    files = _stage_files(instruction, flags["from"], sources, build) if "from" in flags else build.context
    content = planned_content(files, sources) if isinstance(files, Files) else hash_of(files.key, sources)
    copy = Copy(files, tuple(sources), destination, mode, content)
    row = "from" not in flags
    state.layer = state.layer.followed_by(
        Step(instruction, copy), row=row, says=["copy", content, destination, mode]
    )


def planned_content(files: Files, patterns: Sequence[str]) -> str:
    """Return the hash of what the patterns name.

    Raises:
        ImageError: One names nothing.
    """
    return content_hash(files, matching(files, patterns))


def matching(files: Files, patterns: Sequence[str]) -> list[Path]:
    """Return what the patterns name, in their order.

    Raises:
        ImageError: One names nothing.
    """
    found: list[Path] = []
    for pattern in patterns:
        paths = files.matching(pattern)
        if not paths:
            raise ImageError(f"{pattern} is not in {files.name}")
        found += paths
    return found


def _stage_files(instruction: Instruction, name: str, sources: Sequence[str], build: Build) -> Files | Layer:
    stage = build.stages.get(name.lower())
    if stage is None:
        raise instruction.fault(f"--from={name} is no stage above; other images cannot be pulled here")
    inside = [_inside(posixpath.normpath(posixpath.join("/", source))) for source in sources]
    if all(inside):
        return stage.layer
    if any(inside):
        raise instruction.fault(
            f"take what is below {sandbox.IMAGE_FOLDER} and what is not in two instructions"
        )
    return Files(Path("/"), "the base image")  # outside /opt every stage is this machine


def _workdir(instruction: Instruction, state: State, _: Build) -> None:
    path = _path(state, syntax.expand(instruction, instruction.text, state.variables))
    state.workdir = path
    _folders(instruction, state, [path])


def _volume(instruction: Instruction, state: State, _: Build) -> None:
    paths = _values(instruction, state)
    state.config["Volumes"] = {**state.config.get("Volumes", {}), **{path: {} for path in paths}}
    _folders(instruction, state, paths)


def _folders(instruction: Instruction, state: State, paths: list[str]) -> None:
    """Make the folders below /opt; elsewhere the sandbox makes what is not there when a container starts."""
    own = tuple(path for path in paths if _inside(path))
    if own:
        step = Step(instruction, Folders(own))
        state.layer = state.layer.followed_by(step, row=True, says=["folders", *own])


def _user(instruction: Instruction, state: State, _: Build) -> None:
    user = syntax.expand(instruction, instruction.text, state.variables)
    _identity(instruction, user)
    state.user = user


def _entrypoint(instruction: Instruction, state: State, _: Build) -> None:
    state.config["Entrypoint"] = _argv(instruction, state)
    if not state.own_command:
        state.config.pop("Cmd", None)


def _cmd(instruction: Instruction, state: State, _: Build) -> None:
    state.config["Cmd"] = _argv(instruction, state)
    state.own_command = True


def _shell(instruction: Instruction, state: State, _: Build) -> None:
    words = instruction.json_words()
    if not words:
        raise instruction.fault('must be ["program", "argument", ...]')
    state.shell = tuple(words)


def _expose(instruction: Instruction, state: State, _: Build) -> None:
    ports: dict[str, dict[str, str]] = {
        port if "/" in port else f"{port}/tcp": {} for port in _values(instruction, state)
    }
    state.config["ExposedPorts"] = {**state.config.get("ExposedPorts", {}), **ports}


def _stopsignal(instruction: Instruction, state: State, _: Build) -> None:
    state.config["StopSignal"] = syntax.expand(instruction, instruction.text, state.variables)


def _argv(instruction: Instruction, state: State) -> list[str]:
    words = instruction.json_words()
    return [*state.shell, instruction.text] if words is None else words


def _values(instruction: Instruction, state: State) -> list[str]:
    words = instruction.json_words() or instruction.words()
    return [syntax.expand(instruction, word, state.variables) for word in words]


def _path(state: State, path: str) -> str:
    return posixpath.normpath(posixpath.join(state.workdir, path))


def _image_path(instruction: Instruction, state: State, path: str) -> str:
    """Return the absolute destination of a COPY; a `/` at the end means a folder and stays."""
    absolute = _path(state, path)
    if not _inside(absolute):
        raise instruction.fault(
            f"cannot write to {absolute}: an image made here has its own files below {sandbox.IMAGE_FOLDER} "
            "only, the rest is this machine's system"
        )
    is_folder = path.endswith("/") or path in (".", "./")
    return f"{absolute}/" if is_folder else absolute


def _inside(path: str) -> bool:
    return Path(path).is_relative_to(sandbox.IMAGE_FOLDER)


def _mode(instruction: Instruction, text: str) -> int | None:
    if text and not re.fullmatch("[0-7]{3,4}", text):
        raise instruction.fault(f"--chmod={text} must be octal, as in --chmod=0755")
    return int(text, 8) if text else None


def _identity(instruction: Instruction, user: str) -> None:
    try:
        identity(user)
    except KeyError as error:
        raise instruction.fault(
            f"{user}: {error.args[0]} on this machine, which is the base image; write numbers, as in 50000:0"
        ) from error


_HANDLERS: Final[dict[str, Callable[[Instruction, State, Build], None]]] = {
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "LABEL": _label,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
