"""Text that came from a service, made harmless for a terminal and for the line it stands in."""

from __future__ import annotations

import re
import unicodedata

_COLOURS_AND_MOVES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[@-~]")
"""Whole control sequences as programs write them. Of every other one only the control characters go: what is left looks
odd, but no sequence may take words of ours away, or a quote of a command that it stands in."""
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unicode categories: controls, format characters (the bidirectional ones and zero widths), private use, surrogates."""


def visible(text: str) -> str:
    """Without terminal sequences, control characters and characters that change the direction of text; every kind of
    blank, line ends included, is a space."""
    if text.isascii() and text.isprintable():  # most texts, and a fleet has thousands
        return text
    blanked = (" " if each.isspace() else each for each in _COLOURS_AND_MOVES.sub("", text))
    return "".join(each for each in blanked if unicodedata.category(each) not in _INVISIBLE)


def plain(text: str) -> str:
    """What is visible of it, with single spaces. A command that was quoted for the shell stays one: no quote goes, and
    what stood between two quotes stays between them."""
    return " ".join(visible(text).split())
