"""`python -m embedded_aws.engine` prints the variables to run `pulumi` with, as shell lines."""

import shlex
import sys

from embedded_aws.engine import EngineError, environment

try:
    for name, value in environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
except EngineError as error:
    sys.exit(f"engine: {error}")
