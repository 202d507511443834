"""`python -m app` is `campus`."""

from app.cli import main

main()
