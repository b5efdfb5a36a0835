"""``python -m aigaq_verify``."""

import sys

from aigaq_verify.cli import main

sys.exit(main())
