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
