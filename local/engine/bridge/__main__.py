"""`python -m local.engine.bridge VERSION ENGINE-ADDRESS`: the Pulumi engine starts it."""

import sys

from local.engine.bridge.servicer import Aws
from local.engine.provider import serve

serve(Aws(*sys.argv[1:3]))
