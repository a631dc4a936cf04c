"""A rule, what it finds in a text, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Confidence(IntEnum):
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Match:
    """`start` and `end` are those of the proving words in the text."""

    slug: str
    start: int
    end: int
    confidence: Confidence = Confidence.CERTAIN


@dataclass(frozen=True)
class Rule:
    """`needs`: without one of these words the pattern cannot fit. A word is quickly looked for, a pattern is not."""

    slug: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    confidence: Confidence

    def match(self, text: str) -> Match | None:
        if not any(word in text for word in self.needs):
            return None
        found = re.search(self.pattern, text)
        return Match(self.slug, found.start(), found.end(), self.confidence) if found else None


def rule(slug: str, pattern: str, *needs: str, confidence: Confidence = Confidence.CERTAIN) -> Rule:
    """A pattern without special characters needs itself."""
    return Rule(slug, needs or (pattern,), re.compile(pattern, re.DOTALL), confidence)


def first(rules: Iterable[Rule], text: str) -> Match | None:
    for each in rules:
        if match := each.match(text):
            return match
    return None
