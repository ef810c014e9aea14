"""`python -m entaku`."""

import sys

from entaku.cli import main

sys.exit(main())
