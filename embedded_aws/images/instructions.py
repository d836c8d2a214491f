"""What each Dockerfile instruction does to a stage; what cannot be honoured here is refused with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from embedded_aws.images import dockerfile as syntax
from embedded_aws.images.copying import apply_copy
from embedded_aws.images.errors import DockerfileError, ImageError
from embedded_aws.images.layers import Cache, Folders, Run, Step, belongs_to_image
from embedded_aws.images.users import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from embedded_aws.images.context import Files
    from embedded_aws.images.dockerfile import Instruction
    from embedded_aws.images.layers import State

_MAX_VARIABLE_BYTES = 131_000  # bytes; Linux refuses longer strings in an environment (MAX_ARG_STRLEN)
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
        raise instruction.error(_REFUSED[instruction.name])
    handler = _HANDLERS.get(instruction.name)
    if handler is None:
        raise instruction.error(f"no such instruction; known are {', '.join(sorted(_HANDLERS))}")
    if instruction.name not in ("RUN", "COPY") and instruction.flags:
        raise instruction.error(f"takes no flag --{instruction.flags[0][0]}")
    try:
        handler(instruction, state, build)
    except DockerfileError:
        raise
    except ImageError as error:
        raise instruction.error(str(error)) from error


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
        if len(value.encode()) > _MAX_VARIABLE_BYTES:
            raise instruction.error(
                f"{name} is {len(value.encode())} bytes long and no program can be started with more than "
                f"{_MAX_VARIABLE_BYTES} in one variable; COPY it as a file"
            )
    run = Run(tuple(argv), state.variables, proxies, state.user, state.workdir, caches)
    determinants = ["run", argv, run.env, run.user, run.workdir, [cache.target for cache in caches]]
    state.layer = state.layer.followed_by(Step(instruction, run), row=False, determinants=determinants)


def _run_flag(instruction: Instruction, name: str, value: str) -> Cache | None:
    if (name, value) in (("network", "default"), ("network", "host"), ("security", "sandbox")):
        return None
    if name != "mount":
        raise instruction.error(f"--{name}={value} cannot be honoured here")
    options = {key: value for key, _, value in (part.partition("=") for part in value.split(","))}
    target = options.get("target") or options.get("dst") or options.get("destination") or ""
    match options.get("type"):
        case "secret" if options.get("required", "false") == "false":
            return None  # no secret is ever given here; BuildKit leaves out an optional one that is not given
        case "cache" if options.keys() <= _CACHE_OPTIONS and target.startswith("/"):
            return Cache(options.get("id", target), target)
        case _:
            raise instruction.error(
                f"--mount={value} cannot be honoured here; known are type=cache with an absolute target "
                "and type=secret that is not required"
            )


def _workdir(instruction: Instruction, state: State, _: Build) -> None:
    path = state.absolute(syntax.expand(instruction, instruction.text, state.variables))
    state.workdir = path
    _folders(instruction, state, [path])


def _volume(instruction: Instruction, state: State, _: Build) -> None:
    paths = instruction.values(state.variables)
    state.config["Volumes"] = {**state.config.get("Volumes", {}), **{path: {} for path in paths}}
    _folders(instruction, state, paths)


def _folders(instruction: Instruction, state: State, paths: list[str]) -> None:
    """Make the folders below /opt; elsewhere the sandbox makes what is not there when a container starts."""
    own = tuple(path for path in paths if belongs_to_image(path))
    if own:
        step = Step(instruction, Folders(own))
        state.layer = state.layer.followed_by(step, row=True, determinants=["folders", *own])


def _user(instruction: Instruction, state: State, _: Build) -> None:
    user = syntax.expand(instruction, instruction.text, state.variables)
    identity(user)
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
        raise instruction.error('must be ["program", "argument", ...]')
    state.shell = tuple(words)


def _expose(instruction: Instruction, state: State, _: Build) -> None:
    ports: dict[str, dict[str, str]] = {
        port if "/" in port else f"{port}/tcp": {} for port in instruction.values(state.variables)
    }
    state.config["ExposedPorts"] = {**state.config.get("ExposedPorts", {}), **ports}


def _stopsignal(instruction: Instruction, state: State, _: Build) -> None:
    state.config["StopSignal"] = syntax.expand(instruction, instruction.text, state.variables)


def _argv(instruction: Instruction, state: State) -> list[str]:
    words = instruction.json_words()
    return [*state.shell, instruction.text] if words is None else words


def _copy(instruction: Instruction, state: State, build: Build) -> None:
    apply_copy(instruction, state, build.context, build.stages)


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
