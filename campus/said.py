"""A sentence in Chinese and in English, equal: page, mail and paper say it in one of them or in both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages."""

    zh: str
    en: str

    def to(self, lang: str) -> str:
        """Return the sentence in a language, Chinese for any but "en"."""
        return self.en if lang == "en" else self.zh


def both(text: str) -> Said:
    """Return a text "中文 / English" as a sentence in both, and any other text as it is in each."""
    zh, between, en = text.partition(" / ")
    return Said(zh, en) if between and not zh.isascii() else Said(text, text)
