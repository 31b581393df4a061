"""`python -m icl_core`: see `icl_core.cli`."""

import sys

from icl_core.cli import main

sys.exit(main())
