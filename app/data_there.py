"""Whether there are data to look at: a mistyped folder is wrong use, an installation without any yet says so."""

from __future__ import annotations

import click

from app.settings import DATA, DEFAULT_DATA, Settings
from app.wiring import Installation
from campus.errors import WrongUse
from campus.said import Said
from campus.schema import CONSUMPTION, FIGURE, REGISTER

# What a running installation has in its data folder; one of them is enough.
_MARKS = ("journal", "schools", "cursors", "status", "ledger.sqlite", "quarantine.sqlite")


class NoInstallation(WrongUse):
    """The data folder somebody named is not there, or nothing of an installation is in it."""

    def __init__(self, settings: Settings) -> None:
        root = settings.data.root
        what = Said("里没有安装的数据", "holds no data of an installation")
        if not root.exists():
            what = Said("不存在", "is not there")
        super().__init__(
            f"数据文件夹 {root} {what.zh}：请核对 {DATA}；全新安装请先输入 campus run / "
            f"the data folder {root} {what.en}: is {DATA} right? A new installation begins with campus run"
        )


def there(settings: Settings) -> Settings:
    """Return the settings. Raises `NoInstallation` where the data folder they name is none.

    The folder nobody named is not there before an installation runs first, which is no mistake. Where the store is
    elsewhere, an empty folder is none either.
    """
    root = settings.data.root
    mistyped = not root.exists() and str(root) != DEFAULT_DATA
    elsewhere = settings.store.kind != "sqlite" or bool(settings.ledger.url)
    foreign = root.is_dir() and not elsewhere and not any((root / mark).exists() for mark in _MARKS)
    if mistyped or foreign:
        raise NoInstallation(settings)
    return settings


def looked_into(installation: Installation) -> Installation:
    """Return the installation; says on standard error where none of its schools has data. Raises `NoInstallation`."""
    there(installation.settings)
    if installation.registries and not any(_has_data(installation, key) for key in installation.registries):
        said = nothing_yet(installation.settings)
        click.echo(f"{said.zh} / {said.en}", err=True)
    return installation


def nothing_yet(settings: Settings) -> Said:
    """Return that nothing was taken in so far, and what takes it in."""
    root = settings.data.root
    return Said(
        f"{root} 里还没有任何数据：campus run 接收读数，campus import 读入文件，campus doctor 逐项检查",
        f"no data in {root} yet: campus run takes readings in, campus import reads files, campus doctor says what is "
        "missing",
    )


def _has_data(installation: Installation, school: str) -> bool:
    settings = installation.settings
    if settings.store.kind != "sqlite":
        return True  # whether a server has some is the server's to say
    if not settings.data.store(school).exists():
        return False
    store = installation.stores[school]
    return any(store.ids(measurement) for measurement in (REGISTER, CONSUMPTION, FIGURE))
