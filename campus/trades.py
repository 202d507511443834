"""Trades: who acts on a finding. One finding is addressed to one of them."""

from __future__ import annotations

from enum import StrEnum

from campus.said import Said


class Trade(StrEnum):
    """The people a school sends, by what they know (users.md section 3)."""

    PLUMBER = "plumber"
    ELECTRICIAN = "electrician"
    HEATING = "heating"
    CANTEEN = "canteen"
    IT = "it"
    VENDOR = "vendor"
    PV_OPERATOR = "pv_operator"
    ENERGY = "energy"


NAMES: dict[Trade, Said] = {
    Trade.PLUMBER: Said("水工", "Plumber"),
    Trade.ELECTRICIAN: Said("电工", "Electrician"),
    Trade.HEATING: Said("供热班", "Heating crew"),
    Trade.CANTEEN: Said("食堂", "Canteen"),
    Trade.IT: Said("信息中心", "IT centre"),
    Trade.VENDOR: Said("厂家", "Meter vendor"),
    Trade.PV_OPERATOR: Said("光伏运维方", "PV operator"),
    Trade.ENERGY: Said("能源管理员", "Energy manager"),
}
