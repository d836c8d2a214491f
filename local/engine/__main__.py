"""`python -m local.engine` prints the settings to run `pulumi` with: `eval "$(python -m local.engine)"`."""

import shlex
import sys

from local.engine import EngineError, environment

try:
    for name, value in environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
except EngineError as error:
    sys.exit(f"engine: {error}")
