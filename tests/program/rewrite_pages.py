"""Writes docs/cost.md, docs/simulation.md and the README's diagram from the program: `make docs`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root))
    os.chdir(root)
    from cli.pages import simulation_page
    from tests.program import costs, readme_page

    (root / "docs/simulation.md").write_text(simulation_page.page())
    costs.PAGE.write_text(costs.page())
    readme_page.README.write_text(readme_page.readme())
