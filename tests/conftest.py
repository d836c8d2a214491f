"""What holds for every test."""

import os

# An f-string around an Output is only a warning, and its apology would be deployed as the value.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
