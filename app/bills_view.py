"""Bills as the page shows them: of the last whole month and of the running one, kept until an hour is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app import bills, bills_sent, bills_text
from app.account_use import closed_until
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from web.state import Bill, BillLine

# How long nobody asks whether an hour of an account is over.
LOOK_EVERY = timedelta(minutes=1)
# Until when the data of each account reach, by the registry's version and the month.
_State = tuple[str, datetime, tuple[datetime | None, ...]]


@dataclass(slots=True)
class Costs:
    """The bills of a school's accounts for its page; none where no account has a price."""

    store: Store
    registry: Callable[[], Registry]
    clock: Callable[[], datetime]
    _looked: datetime | None = None
    _state: _State | None = None
    _bills: list[Bill] = field(default_factory=list)

    def __call__(self) -> Sequence[Bill]:
        """Return the bills, account by account, the running month first."""
        registry, now = self.registry(), self.clock()
        priced = [a for a in registry.accounts.values() if a.billing is not None and a.billing.prices]
        if not priced:
            return ()
        fresh = self._looked is not None and now - self._looked < LOOK_EVERY
        if fresh and self._state is not None and self._state[0] == registry.version:
            return self._bills
        month = next(iter(calendar.months(now, now + calendar.HOUR, registry.school.timezone)))[0]
        until = tuple(closed_until(registry, self.store, account, now) for account in priced)
        state = registry.version, month, until
        if state != self._state:
            before = month - calendar.HOUR
            every = [(account, start) for account in priced for start in (month, before)]
            self._bills = [found for account, start in every for found in self._of(registry, account.key, start)]
        self._looked, self._state = now, state
        return self._bills

    def _of(self, registry: Registry, key: str, month: datetime) -> Iterator[Bill]:
        account, zone = registry.accounts[key], registry.school.timezone
        found = bills.month_bill(registry, self.store, account, month)
        if found is None:
            return
        besides = bills_sent.sent(registry, self.store, account, found.window)
        alone = bills_sent.alone(registry, self.store, account, found.window)
        yield Bill(
            account=key,
            head=bills_text.account_said(account),
            period=bills_text.period(found, zone),
            lines=tuple(BillLine(one.name, one.amount, one.unit, one.yuan) for one in found.bill.lines),
            total=found.bill.total,
            said=tuple(bills_text.sentences(found, zone)),
            sent=(
                *(bills_text.beside_said(one, zone) for one in besides),
                *(bills_text.alone_said(*one, zone) for one in alone),
            ),
            over=found.over,
            assumed=any(prices.assumed for prices in bills_text.documents(found, zone)),
        )
