"""The wheel's name for this checkout, as `pip install -e` installs it: its folders under both names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

import cli
import components
import policy

sys.modules |= {__name__: components, f"{__name__}.cli": cli, f"{__name__}.policy": policy}
