"""`python -m embedded_aws start|stop|status --home DIR [--port N]`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from embedded_aws.account import lifecycle


def main() -> int:
    """Run one command; `start` prints the environment of the account's clients as shell lines."""
    parser = argparse.ArgumentParser(prog="python -m embedded_aws", description="The embedded AWS account.")
    parser.add_argument("command", choices=("start", "stop", "status"))
    parser.add_argument("--home", type=Path, required=True, help="folder of the account's state")
    parser.add_argument(
        "--port",
        type=int,
        help="port of the AWS API on 127.0.0.1; the first free one from 4600 where none is given",
    )
    arguments = parser.parse_args()
    try:
        return _run(arguments.command, arguments.home, arguments.port)
    except lifecycle.AccountError as error:
        print(f"embedded_aws: {error}", file=sys.stderr)
        return 1


def _run(command: str, home: Path, port: int | None) -> int:
    if command == "start":
        for name, value in lifecycle.start(home, port).items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    if command == "stop":
        print("stopped" if lifecycle.stop(home) else "not running", file=sys.stderr)
        return 0
    endpoint = lifecycle.status(home)
    print(endpoint or "not running")
    return 0 if endpoint else 1


if __name__ == "__main__":
    sys.exit(main())
