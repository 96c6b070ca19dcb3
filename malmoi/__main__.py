"""`python -m malmoi`."""

import sys

from malmoi.cli.main import main

sys.exit(main())
