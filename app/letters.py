"""Letters of the outbox put into words: which school, rules and charts; for sending, the page and the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial

from alerts import message, mime
from alerts.content import Site
from alerts.message import Message
from alerts.mime import Sender
from alerts.picture import Picture, picture
from alerts.server import Server
from alerts.words import NOTHING
from analytics.detector import Context, contexts, detectors, yuan_per_day
from analytics.wording import place_facts
from app.finding_quality import told
from app.settings import MailSettings
from app.wiring import Installation
from app.wording import Wording, rules
from campus.calendar import floor_hour
from campus.errors import CampusError, StoreUnavailable
from campus.ports import Address, Episode, Letter, State
from campus.registry import Registry
from campus.results import Finding
from campus.said import Said
from campus.schema import meter_subject
from dashboards.charts import StoreCharts

MAIL = "mail"
NOT_SET_UP = (
    "还没有设置邮件服务器，信都留着。请在 settings.toml 写 [mail] host 和 sender，密码放在 CAMPUS_MAIL_PASSWORD / "
    "no mail server is set up, and every letter waits: write [mail] host and sender into settings.toml, the password "
    "into CAMPUS_MAIL_PASSWORD"
)


class NotSetUp(CampusError):
    """No mail server is named, or nobody to send in the name of."""


class CannotWord(CampusError):
    """A letter whose school or rule this installation does not know."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Words the letters of an installation's schools; `remark` stands above each."""

    installation: Installation
    clock: Callable[[], datetime]
    remark: Said = NOTHING

    def subject(self, letter: Letter) -> str:
        """Return a letter's subject line; costs next to nothing. Raises `CannotWord`."""
        return message.subject(letter, self.site(letter.episode))

    def message(self, letter: Letter) -> Message:
        """Return a letter with its pictures (half a second each). Raises `CannotWord`."""
        return message.compose(letter, self.site(letter.episode), self.draw)

    def mail(self, letter: Letter, sender: Sender) -> EmailMessage:
        """Return a letter as a mail. Raises `CannotWord`, `BadAddress`."""
        school = self._registry(letter.episode.school).school.name
        return mime.mime(self.message(letter), letter, sender, school)

    def draw(self, episode: Episode, lang: str) -> Picture | None:
        """Return the picture of an episode, None where there is none to be had."""
        registry = self._registry(episode.school)
        charts = StoreCharts(self.installation.stores[episode.school], lambda: registry, self.clock)
        return picture(charts, registry, episode, lang)

    def site(self, episode: Episode) -> Site:
        """Return what an episode's letters are written from. Raises `CannotWord`."""
        registry = self._registry(episode.school)
        if episode.finding.rule not in rules():
            raise CannotWord(
                f"没有名为 {episode.finding.rule} 的规则：数据来自较新的版本，请升级 / "
                f"no rule is named {episode.finding.rule}: the ledger was written by a newer release, upgrade to it"
            )
        page = self.installation.settings.mail.page
        several = len(self.installation.registries) > 1
        return Site(registry, Wording(), page, several, self.remark, partial(self._quality, registry))

    def _quality(self, registry: Registry, finding: Finding) -> Said | None:
        """Return how a finding's use came to be known; a letter goes out without it where the store is away."""
        try:
            return told(self.installation.stores[registry.school.key], registry, finding)
        except StoreUnavailable:
            return None

    def _registry(self, school: str) -> Registry:
        registry = self.installation.registries.get(school)
        if registry is None:
            raise CannotWord(
                f"学校 {school} 没有登记：把它的文件放回 {self.installation.settings.schools} / "
                f"no school {school} is registered: put its file back"
            )
        return registry


def server_of(settings: MailSettings) -> tuple[Server, Sender]:
    """Return the server and the sender of the settings. Raises `NotSetUp`, `BadAddress`."""
    if not settings.host:
        raise NotSetUp(NOT_SET_UP)
    text = settings.sender or (settings.username if "@" in settings.username else "")
    if not text:
        raise NotSetUp(
            "请在 settings.toml 的 [mail] 写 sender，如 能耗提醒 <hq@school.example> / write sender under [mail] of "
            "settings.toml, such as Energy <hq@school.example>"
        )
    sender = mime.sender_of(text)
    server = Server(
        settings.host, settings.port, settings.security, settings.username, settings.password, sender.domain
    )
    return server, sender


def as_letter(episode: Episode, lang: str, now: datetime) -> Letter:
    """Return the letter an episode would make now, for a preview; it is in no outbox."""
    return Letter(0, episode, Address(MAIL, "preview@school.example", lang), now)


# Made up: a cistern's stuck float, and a floor of air conditioners left on; since the evening before yesterday.
_EXAMPLES = {"night_flow": (0.8, "m³/h", "m³", 24), "out_of_hours": (26.0, "kW", "kWh", 8)}
_EXAMPLE_DAYS, _EXAMPLE_HOUR = 2, 22
EXAMPLE = Said("这是一封例子，没有这件事。", "This is an example: nothing stands behind it.")


def example(registry: Registry, now: datetime) -> Episode | None:
    """Return an episode nothing stands behind, at a real meter, None where no rule has a meter to speak of."""
    for rule in _EXAMPLES:
        fit = (c for c in contexts(registry, now) if c.quantity in detectors()[rule].quantities)
        # A meter of a building makes the better example; `sorted` keeps the registry's order otherwise.
        for context in sorted(fit, key=lambda c: c.building is None):
            found = floor_hour(now)
            finding = _example(rule, context, found)
            return Episode(0, registry.school.key, State.NEW, finding, found, found, 1)
    return None


def _example(rule: str, context: Context, until: datetime) -> Finding:
    size, size_unit, unit, hours_a_day = _EXAMPLES[rule]
    zone = context.school.timezone
    evening = until.astimezone(zone).replace(hour=_EXAMPLE_HOUR) - timedelta(days=_EXAMPLE_DAYS)
    per_day = size * hours_a_day
    lasted_days = (until - evening) / timedelta(days=1)
    return Finding(
        rule=rule,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=evening.astimezone(UTC),
        end=None,
        seen_until=until,
        size=size,
        size_unit=size_unit,
        usual=size / 2,
        per_day=per_day,
        to_date=per_day * lasted_days,
        unit=unit,
        yuan_per_day=yuan_per_day(per_day, unit, context.price),
        price=context.price,
        facts={**place_facts(context), "when": "night", "shut_from": _EXAMPLE_HOUR},
    )
