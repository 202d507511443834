"""The ledger: what people work on. One row per episode, its history beside it."""

from ledger.book import open_ledger

__all__ = ["open_ledger"]
