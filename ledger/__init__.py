"""The ledger: what people work on, its history, and the messages it owes them."""

from ledger.book import Book, open_ledger

__all__ = ["Book", "open_ledger"]
