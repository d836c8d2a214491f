"""What holds for every test."""

import os

# An f-string around an Output is only a warning, and its apology would be deployed as the value.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"

# The tests' own servers are on loopback, where no proxy finds them.
for variable in ("NO_PROXY", "no_proxy"):
    os.environ[variable] = f"{os.environ.get(variable, '')},127.0.0.1,127.0.0.0/8,localhost".strip(",")
