"""`python -m embedded_aws.engine.bridge VERSION ENGINE-ADDRESS`: the Pulumi engine starts it."""

import sys

from embedded_aws.engine.bridge.servicer import Aws
from embedded_aws.engine.provider import serve

serve(Aws(*sys.argv[1:3]))
