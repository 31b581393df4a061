"""`python -m icl_core`: see `icl_core.cli`."""

import sys

from icl_core.runtime import ensure_home

# The command line imports what asks for a home folder when it is imported.
ensure_home()

from icl_core.cli import main  # noqa: E402

sys.exit(main())
