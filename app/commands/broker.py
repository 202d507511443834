"""`campus broker`: the files by which a broker lets each school's gateways in, and keeps them apart."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app import broker_config, broker_config_files
from app.broker_config_files import EMQX, MOSQUITTO, Wanted
from app.commands.report import UnknownSchool
from app.settings import BROKER_PASSWORD, load_settings
from app.wiring import install


@click.group("broker")
def broker() -> None:
    """The MQTT broker: accounts, rights, limits and TLS."""


@broker.command("config")
@click.option(
    "--for", "kind", type=click.Choice([MOSQUITTO, EMQX]), default=MOSQUITTO, show_default=True, help="Which."
)
@click.option("--school", required=True, metavar="KEY", help="The school that gets accounts.")
@click.option("--gateway", "gateways", multiple=True, metavar="NAME", help="An account for this gateway; repeat it.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.  [default: broker-mosquitto or broker-emqx]",
)
@click.option("--host", metavar="NAME", help="Make a TLS certificate for the name or address gateways connect to.")
@click.option(
    "--data", default="/var/lib/mosquitto", show_default=True, metavar="DIR", help="Where mosquitto keeps what waits."
)
@click.option("--secrets", type=click.Path(dir_okay=False, path_type=Path), help="Write new passwords to this file.")
@click.option("--renew", is_flag=True, help="New passwords also for the accounts there are already.")
def config(
    kind: str,
    school: str,
    gateways: tuple[str, ...],
    out: Path | None,
    host: str | None,
    data: str,
    secrets: Path | None,
    renew: bool,
) -> None:
    """Write accounts, rights and configuration: a school's gateways speak for that school alone, and hear nothing.

    An account is one gateway's. New passwords are shown once, or written to --secrets (readable by you alone); the
    files hold their hashes. Accounts that are there keep theirs. Run it again when topics change.

    \b
    campus broker config --school north --gateway east --gateway west --host mqtt.school.example
    campus broker config --for emqx --school north --out /etc/emqx/campus
    """
    settings = load_settings(os.environ)
    registries = install(settings).registries
    if school not in registries:
        raise UnknownSchool(school, sorted(registries))
    folder = out or Path(f"broker-{kind}")
    collector = settings.broker.username or broker_config.COLLECTOR
    broker_config.check_collector(collector, registries)
    accounts = tuple(broker_config.account(school, one) for one in (gateways or ("",)))
    wanted = Wanted(accounts, collector, settings.broker.password, renew)
    made = broker_config_files.write(kind, folder, registries, wanted)
    broker_config_files.write_conf(kind, folder, data)
    if host:
        broker_config_files.certificate(folder, host)
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        click.echo(str(path))
    _tell(made, collector, secrets)
    if kind == MOSQUITTO:
        _next_steps(folder)


def _next_steps(folder: Path) -> None:
    if not (folder / "tls" / "server.crt").exists():
        click.echo(
            f"还缺证书：用 --host 生成，或放入 {folder / 'tls'} 的 server.crt、server.key"
            f" / no certificate yet: give --host, or put a server.crt and server.key into {folder / 'tls'}"
        )
    click.echo(
        f"文件要归代理服务器的账号所有 / the broker's own account must own the files: chown -R mosquitto: {folder}"
    )


def _tell(made: dict[str, str], collector: str, secrets: Path | None) -> None:
    lines = [f"{account}\t{password}" for account, password in made.items()]
    if secrets is not None and lines:
        broker_config_files.replace(secrets, "\n".join(lines) + "\n", 0o600)
        click.echo(f"新密码在 / new passwords are in {secrets}")
    elif lines:
        click.echo("新密码，只显示这一次 / new passwords, shown this once:")
        for line in lines:
            click.echo(f"  {line}")
    if collector in made:
        click.echo(f"{collector}: {BROKER_PASSWORD}（采集程序自己的 / the collector's own）")


COMMAND: click.Command = broker
