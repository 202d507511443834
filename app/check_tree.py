"""What is registered, as a tree: meters under the meters above them, and all else a school's file was read to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from rich.tree import Tree

from app import bills_text, savings_text
from campus.plans import Plan
from campus.projects import NonRoutine, Project
from campus.registry import Account, Meter, Registry
from campus.tariff import Prices, Tariff


def tree(registry: Registry, now: datetime) -> Tree:
    """Return what is registered at an instant."""
    school = registry.school
    meters = registry.at(now)
    root = Tree(f"{school.name} ({school.key}): {_counts(registry, meters)}")
    for medium in dict.fromkeys(meter.registers[0].quantity.medium for meter in meters.values()):
        above = root.add(medium)
        for meter in meters.values():
            if meter.parent not in meters and meter.registers[0].quantity.medium == medium:
                _branch(above, meter, meters)
    for name, lines in (
        ("计算 computed", list(_virtuals(registry))),
        ("户号 accounts", [line for one in registry.accounts.values() for line in _account(one)]),
        ("计划 plans", list(_plans(registry))),
        ("项目 projects", [line for one in registry.projects for line in _project(one)]),
    ):
        if lines:
            above = root.add(name)
            for line in lines:
                above.add(line)
    return root


def _counts(registry: Registry, now: dict[str, Meter]) -> str:
    rest = len(registry.meters) - len(now)
    counts = [
        (len(now), "meter"),
        (len(registry.buildings), "building"),
        (len(registry.accounts), "account"),
        (len(registry.plans), "plan"),
        (len(registry.projects), "project"),
    ]
    # Every school has the first three, and is told where it has none of them.
    shown = [*counts[:3], *(count for count in counts[3:] if count[0])]
    text = ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in shown)
    return f"{text}; {rest} not in force now" if rest else text


def _branch(above: Tree, meter: Meter, meters: dict[str, Meter]) -> None:
    place = f" @ {meter.building}" if meter.building else ""
    registers = ", ".join(f"{r.quantity.key} [{r.unit}]" for r in meter.registers)
    source = f"{meter.topic}{f' {meter.channel}' if meter.channel else ''}" if meter.topic else "read by hand"
    branch = above.add(f"{meter.key} {meter.name}{place}: {registers} ← {source}")
    for child in meters.values():
        if child.parent == meter.key:
            _branch(branch, child, meters)


def _virtuals(registry: Registry) -> Iterator[str]:
    for virtual in registry.virtuals.values():
        counts = f"{virtual.quantity.key} [{virtual.quantity.unit}]"
        yield f"{virtual.key} {virtual.name}: {counts} = {virtual.formula}"


def _account(account: Account) -> Iterator[Tree]:
    said = bills_text.account_said(account)
    branch = Tree(f"{account.key}: {said.zh} / {said.en}")
    tariff = account.billing
    if tariff is None or not tariff.prices:
        branch.add("没有价格：不算钱 / no price: no yuan")
    else:
        for prices in tariff.prices:
            branch.add(_prices(tariff, prices))
    yield branch


def _prices(tariff: Tariff, prices: Prices) -> str:
    """Return what is paid from a day on, and by which paper."""
    since = "一直 always" if prices.since == date.min else f"{prices.since} 起 on"
    parts = [
        f"{f'{part.name} ' if part.name else ''}{part.yuan:g}{' 分时 timed' if part.timed else ''}"
        for part in prices.parts
    ]
    unit = f" 元 yuan/{tariff.unit}" if parts else ""
    more = [f"> {above:g} {tariff.unit}: +{yuan:g}" for above, yuan in prices.tiers]
    if prices.yuan_per_kw is not None:
        more.append(f"{prices.yuan_per_kw:g} 元 yuan/kW·月 month")
    if prices.windows is not None:
        more.append(f"时段 windows {prices.windows.id}")
    assumed = "，假设价 assumed" if prices.assumed else ""
    return f"{since}: {'; '.join([' + '.join(parts) + unit, *more] if parts else more)}（{prices.document}{assumed}）"


def _plans(registry: Registry) -> Iterator[str]:
    school = registry.school
    for season in school.heating:
        yield f"供暖期 heating {season.first} … {season.last}: {season.document}"
    for one in school.water_plans:
        paper = f"（{one.document}）" if one.document else ""
        yield f"计划用水 water plan {one.year}-Q{one.quarter}: {one.m3:,.0f} m³{paper}"
    yield from (_plan(registry, plan) for plan in registry.plans)


def _plan(registry: Registry, plan: Plan) -> str:
    zone = registry.school.timezone
    span = "…".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (plan.start, plan.end))
    place = ", ".join(plan.buildings) or registry.school.key
    keeps = f"，留用 keeps {len(plan.keep)}" if plan.keep else ""
    return f"{plan.key} {plan.name} ({plan.kind}): {span} @ {place}{keeps}"


def _project(project: Project) -> Iterator[Tree]:
    head = savings_text.head(project)
    branch = Tree(f"{head.zh} / {head.en}")
    for change in project.adjustments:
        branch.add(_adjustment(change))
    yield branch


def _adjustment(change: NonRoutine) -> str:
    span, amount = f"{change.first} – {change.until or '…'}", f"{change.per_day:+g} {change.quantity}/d"
    return f"调整 adjusted {span}: {amount}, {change.reason.zh}（{change.by}）"
