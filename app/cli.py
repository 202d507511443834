"""The command `campus`: one group whose commands are the files of `app/commands/`."""

from __future__ import annotations

import importlib
import pkgutil

import click

from app import commands
from app.no_access import file_sentence
from campus.errors import CampusError, WrongUse

FIRST_STEPS = """\b
First things to type:
  campus demo                a simulated school through the whole pipeline, with its page
  campus doctor              is everything here that a school needs?
  campus check               every problem of your configuration, with file and line
  campus meters new          what speaks on the broker and is not registered yet
  campus run                 take readings in and serve the page

\b
Settings stand in config/settings.toml, schools in config/schools/<key>.toml.
Exit codes: 0 fine, 1 findings or problems, 2 wrong use."""


class _WrongUse(click.ClickException):
    """What was typed names nothing that is here."""

    exit_code = 2


class _Commands(click.Group):
    """Loads only the command asked for: an ingest process (200 MB at most) must not carry what draws charts."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click calls it with a context)
        return sorted(info.name for info in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{commands.__name__}.{cmd_name}").COMMAND
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CampusError as error:
            raise (_WrongUse if isinstance(error, WrongUse) else click.ClickException)(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise  # a closed pipe or a socket, which names no place that could be put right
            raise click.ClickException(file_sentence(error)) from error


@click.group(cls=_Commands, epilog=FIRST_STEPS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="campus-energy")
def main() -> None:
    """Energy, water and carbon of schools, from the meter to the annual figure."""
