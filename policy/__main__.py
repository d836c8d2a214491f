"""The policy pack: `pulumi preview --policy-pack policy`.

A violated rule stops the stack or is reported, as the stack's `policyEnforcement` says.
"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # last: installed, it is the package itself

from policy.pack import pack

pack(os.environ)
