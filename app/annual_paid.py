"""What a medium's accounts are billed in a year, where no one price holds for all of it: their months' bills."""

from __future__ import annotations

from app.account_use import quantity_of
from app.annual_store import Year
from app.bills import Reckoned, month_bill
from app.bills_text import documents
from campus import calendar
from campus.ports import Rows
from campus.registry import Account, Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT
from reports.year import Paid

_NO_MONTH = Said("有的月份没有账单", "a month has no bill")


def paid(registry: Registry, rows: Rows, quantity: str, span: Year) -> Paid | None:
    """Return what the accounts of a quantity's main meters are billed; None where use times price tells it.

    Accounts are those of any time of the year; of a running one the months so far.
    """
    accounts = _accounts(registry, quantity, span)
    billings = [account.billing for account in accounts]
    if not accounts or all(billing is None or billing.plain for billing in billings):
        return None
    bills: list[Reckoned] = []
    for account in accounts:
        for start, _ in calendar.months(span.start, span.until, registry.school.timezone):
            if not account.in_force(start):
                continue
            found = month_bill(registry, rows, account, start)
            if found is None or found.bill.total is None:
                lacks = _NO_MONTH if found is None else found.bill.missing[0]
                return Paid(None, _source(accounts, span), (), lacks=lacks)
            bills.append(found)
    every = [prices for found in bills for prices in documents(found, registry.school.timezone)]
    return Paid(
        sum(found.bill.total or 0.0 for found in bills),
        _source(accounts, span),
        tuple(dict.fromkeys(prices.document for prices in every)),
        any(prices.assumed for prices in every),
    )


def _accounts(registry: Registry, quantity: str, span: Year) -> list[Account]:
    instants = [span.start, *registry.turning_points(span.start, span.until)]
    mains = [(meter, time) for time in instants for meter in registry.leaves(SCHOOL_SUBJECT, quantity, time)]
    found = {one.key: one for meter, time in mains for one in registry.accounts_of(meter, time)}
    return [account for account in found.values() if quantity_of(account) == quantity]


def _source(accounts: list[Account], span: Year) -> str:
    return " + ".join(f"account/{account.key}/bill/{span.number}" for account in accounts)
