"""`python -m app` is `campus`; started by another `campus`, it ends with it."""

import os

from app.cli import main
from app.parent import end_with_parent

end_with_parent(os.environ)
main()
