"""The policy pack: `pulumi up --policy-pack policy`.

Every rule without an exception is mandatory; `--policy-pack-config` with `{"all": "advisory"}` makes them
advice.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy.pack import pack

pack()
