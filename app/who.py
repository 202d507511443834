"""Who does something: people sign by name, and a machine's login names nobody."""

from __future__ import annotations

import getpass

import click

# Logins of machines: a mail or a correction that says "root" names nobody.
_SHARED = frozenset({"root", "campus"})


def who(by: str) -> str:
    """Return who acts: as named, or whose own login it is. Raises `click.UsageError` where that is nobody."""
    if by.strip():
        return by.strip()
    try:
        login = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's number without a name
        login = ""
    if not login or login in _SHARED:
        raise click.UsageError(
            f"请写是谁做的：--by 姓名（{login or '这个登录名'} 不是人名） / say who does it: --by NAME "
            f"({login or 'this login'} is nobody's name)"
        )
    return login
