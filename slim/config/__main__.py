"""Check a file of parameters, params.yaml by default."""

import sys

from slim.config import load

try:
    load(*sys.argv[1:])
except (ValueError, OSError) as refusal:
    sys.exit(str(refusal))
