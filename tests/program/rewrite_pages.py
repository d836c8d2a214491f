"""Writes docs/cost.md and the README's diagram from what the program renders: `make docs`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(tests), str(tests.parent)]
    os.chdir(tests.parent)
    from program import costs, readme_page

    costs.PAGE.write_text(costs.page())
    readme_page.README.write_text(readme_page.readme())
