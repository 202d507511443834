"""The command `campus`."""

import click


@click.group()
def main() -> None:
    """Energy, water and carbon of schools, from the meter to the annual figure."""
