"""`campus init`: the files to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from app.start import begin


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def COMMAND(folder: Path) -> None:
    """Write config/settings.toml and config/schools/example.toml into FOLDER (here, if none is named).

    Nothing that is there is touched.
    """
    for path in begin(folder / "config"):
        click.echo(path)
    click.echo("下一步：把 example.toml 复制成 <学校代号>.toml，改成自己的学校，然后 campus check")
    click.echo("Next: copy example.toml to <key>.toml, make it your school's, then type campus check")
