"""Writes docs/conformance.md from the tests that hold a sentence of AWS's documentation: `make docs`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root))
    os.chdir(root)
    from tests.embedded_aws.conformance import behaviours, page

    page.PAGE.write_text(page.page(behaviours.collected()))
