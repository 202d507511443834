"""`python -m app` is `campus`; started by another `campus`, it ends with it."""

import os

from app.cli import main
from app.parent import end_with_parent

# A worker of a pool imports its parent's main module, under another name.
if __name__ == "__main__":
    end_with_parent(os.environ)
    main()
