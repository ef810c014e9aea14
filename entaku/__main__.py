"""`python -m entaku`."""

import sys

from entaku.work.cli import main

sys.exit(main())
