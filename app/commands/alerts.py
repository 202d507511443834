"""`campus alerts`: the mails about findings: see one, send them, try the channel, see what became of each."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from alerts.message import Message
from alerts.words import NOTHING
from app.data_there import there
from app.settings import Settings, load_settings
from app.stop import on_signal
from app.terminal import print_table
from app.wiring import Installation, install, open_books
from campus.errors import CampusError
from campus.ports import Delivery, Episode, Letter
from campus.registry import Registry
from ledger import Book
from web.words import STATES

_DELIVERIES: Mapping[Delivery, str] = {
    Delivery.WAITING: "待发 waiting",
    Delivery.SENT: "已送出 sent",
    Delivery.GIVEN_UP: "发不出去 given up",
}
_PREVIEW_SENDER = "campus@school.example"


class NoEpisode(CampusError):
    """There is no such finding."""

    def __init__(self, episode: int, school: str) -> None:
        super().__init__(
            f"{school} 没有第 {episode} 号，campus ledger list --all 列出全部 / no number {episode} at {school}: "
            "campus ledger list --all shows those there are"
        )


@contextmanager
def _opened(need_school: bool = True) -> Iterator[tuple[Installation, Book]]:
    installation = install(load_settings(os.environ), need_school)
    with closing(open_books(installation.settings)) as books:
        yield installation, books


@click.group("alerts")
def alerts() -> None:
    """Mails about findings: each change of state, to each recipient, once."""


@alerts.command("preview")
@click.argument("episode", type=int, required=False)
@click.option("--school", default="", help="Of which school; needed where there are several.")
@click.option("--lang", type=click.Choice(["zh", "en", "both"]), default="both", help="In which language.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also write it, as .html or .eml.")
def preview(episode: int | None, school: str, lang: str, out: Path | None) -> None:
    """Show the mail of an EPISODE as it would be written now; without one, of the dearest open one, or an example.

    Nothing is sent.
    """
    from app import letters as wording

    if out is not None and out.suffix not in (".html", ".eml"):
        raise click.UsageError("--out takes a file named .html or .eml")
    with _opened() as (installation, books):
        registry = _school(installation, school)
        chosen, real = _choose(books, registry, episode)
        letter = wording.as_letter(chosen, lang, datetime.now(UTC))
        remark = NOTHING if real else wording.EXAMPLE
        made = wording.Letters(installation, lambda: datetime.now(UTC), remark).message(letter)
    click.echo(f"主题 Subject: {made.subject}\n\n{made.text}")
    if out is not None:
        out.write_bytes(_page(made.html, made.images) if out.suffix == ".html" else _eml(installation, made, letter))
        click.echo(f"已写入 / written: {out}")


def _school(installation: Installation, key: str) -> Registry:
    registries = installation.registries
    if key in registries:
        return registries[key]
    if key or len(registries) > 1:
        raise click.UsageError(f"name the school with --school: {', '.join(sorted(registries))}")
    return next(iter(registries.values()))


def _choose(books: Book, registry: Registry, wanted: int | None) -> tuple[Episode, bool]:
    """Return the episode to show, and whether it is a real one."""
    from app.letters import example

    school = registry.school.key
    episodes = books.episodes(school)
    if wanted is not None:
        found = next((one for one in episodes if one.id == wanted), None)
        if found is None:
            raise NoEpisode(wanted, school)
        return found, True
    dearest = next((one for one in episodes if one.open), None)
    if dearest is not None:
        click.echo(f"未指定编号：这是每天最费钱的第 {dearest.id} 号 / the dearest open one, number {dearest.id}\n")
        return dearest, True
    made_up = example(registry, datetime.now(UTC))
    if made_up is None:
        raise click.ClickException(
            "没有要处理的事，也没有可举例的表 / nothing is open, no meter to make an example of"
        )
    click.echo("没有要处理的事：下面是一封例子 / nothing is open: this is an example\n")
    return made_up, False


def _page(html: str, images: Mapping[str, bytes]) -> bytes:
    """Return the HTML with its pictures inside, to be opened in a browser."""
    for name, png in images.items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{base64.b64encode(png).decode()}")
    return html.encode()


def _eml(installation: Installation, made: Message, letter: Letter) -> bytes:
    from alerts.mime import mime, sender_of

    sender = sender_of(installation.settings.mail.sender or _PREVIEW_SENDER)
    school = installation.registries[letter.episode.school].school.name
    return mime(made, letter, sender, school).as_bytes()


@alerts.command("send")
@click.option("--follow", is_flag=True, help="Go on until stopped, as `campus run` does.")
@click.pass_context
def send(ctx: click.Context, follow: bool) -> None:
    """Send the mails that are due, once; exit 1 where one was not taken. Without a mail server they wait."""
    from app.postman import Postman, post_of
    from app.say import speaker

    stop = on_signal()
    with _opened(need_school=not follow) as (installation, outbox):
        if follow:
            Postman(installation, outbox, speaker("post")).run(stop)
            return
        post = post_of(installation, outbox, speaker("post"))
        tally = post.deliver(stop)
    click.echo(
        f"已送出 {tally.sent}，稍后再试 {tally.put_off}，发不出去 {tally.given_up} / "
        f"sent {tally.sent}, put off {tally.put_off}, given up {tally.given_up}"
    )
    if post.trouble:
        click.echo(post.trouble, err=True)
    ctx.exit(1 if tally.put_off or tally.given_up else 0)


@alerts.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send one mail to ADDRESS that says it is a test: does the channel work?"""
    from alerts.mail import Line
    from alerts.message import notice
    from alerts.mime import notice_mail
    from app.letters import server_of

    settings: Settings = load_settings(os.environ)
    server, sender = server_of(settings.mail)
    made = notice(
        ("测试邮件：收到就说明能用", "Test mail: if you read this, it works"),
        (
            "这是校园能耗提醒的测试邮件，没有发现任何问题。收到它，说明以后的提醒也能收到。",
            "This is a test mail of the campus energy alerts; nothing was found. As it has arrived, alerts will too.",
        ),
    )
    mail = notice_mail(made, sender, address, datetime.now(UTC))
    with closing(Line(server)) as line:
        line.send(mail)
    click.echo(f"{server} 已收下给 {address} 的测试邮件 / has taken a test mail to {address}: look into its inbox")


@alerts.command("list")
@click.option("--school", default="", help="Of this school alone.")
@click.option("--limit", default=50, show_default=True, help="How many of the newest mails to show.")
@click.pass_context
def list_(ctx: click.Context, school: str, limit: int) -> None:
    """Show the mails, newest first: waiting, sent, or given up with the reason; exit 1 where any was given up."""
    there(load_settings(os.environ))
    with _opened() as (installation, outbox):
        schools = [_school(installation, school).school.key] if school else sorted(installation.registries)
        found = [letter for key in schools for letter in outbox.letters(key, limit)]
        zones = {key: installation.registries[key].school.timezone for key in schools}
    newest = sorted(found, key=lambda letter: (letter.queued, letter.id), reverse=True)[:limit]
    if not newest:
        click.echo("还没有邮件 / no mails yet")
    else:
        print_table(_table(newest, zones))
    ctx.exit(1 if any(letter.delivery is Delivery.GIVEN_UP for letter in newest) else 0)


def _table(letters: Sequence[Letter], zones: Mapping[str, ZoneInfo]) -> Table:
    table = Table("编号 id", "事 no.", "状态 tells", "收件人 to", "写成 written", "送达 delivery", "错误 error")
    for letter in letters:
        episode, zone = letter.episode, zones[letter.episode.school]
        state = STATES[episode.state]
        table.add_row(
            str(letter.id),
            f"{episode.school}/{episode.id}",
            f"{state.zh} {state.en}",
            letter.address.to,
            _local(letter.queued, zone),
            _delivery(letter, zone),
            letter.error if letter.delivery is not Delivery.SENT else "",
        )
    return table


def _delivery(letter: Letter, zone: ZoneInfo) -> str:
    said = _DELIVERIES[letter.delivery]
    if letter.sent is not None:
        return f"{said} {_local(letter.sent, zone)}"
    tries = f", {letter.attempts}×" if letter.attempts else ""
    return said + tries + (f" → {_local(letter.next_try, zone)}" if letter.next_try else "")


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%m-%d %H:%M}"


@alerts.command("retry")
@click.argument("ids", nargs=-1, type=int)
def retry(ids: tuple[int, ...]) -> None:
    """Try mails that were given up or put off now, all or those named, after their cause has been put right."""
    with _opened() as (_, outbox):
        count = outbox.retry(ids)
    if not count:
        raise click.ClickException("没有发不出去或推迟的邮件 / no mail of those was given up or put off")
    click.echo(f"{count} 封重新排队 / back in line: {count}")


@alerts.command("mailbox")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", default=2525, show_default=True, help="Port on this machine's loopback to listen on.")
def mailbox(folder: Path, port: int) -> None:
    """Take mails on this machine alone and file them into FOLDER, a Maildir, until Ctrl-C: to try things out."""
    from app.mailbox import LOOPBACK, serving

    stop: Event = on_signal()
    with serving(folder, port):
        click.echo(f'{folder} ← {LOOPBACK}:{port}   ([mail] host = "{LOOPBACK}", port = {port}, security = "none")')
        stop.wait()


COMMAND: click.Command = alerts
