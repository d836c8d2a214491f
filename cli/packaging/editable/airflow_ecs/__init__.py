"""The wheel's name for this checkout, as `pip install -e` installs it: its folders under both names."""

import sys
from importlib import import_module
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[4])
sys.path.insert(0, ROOT)

components = sys.modules[__name__] = import_module("components")
components.__path__.append(ROOT)  # `config` is found there when it is used: it takes Pulumi's SDK with it
for part in ("cli", "policy", "local", "embedded_aws"):
    sys.modules[f"{__name__}.{part}"] = import_module(part)
