"""Text that came from a service, made harmless for a terminal and for the line it stands in."""

from __future__ import annotations

import re
import unicodedata

_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC: window titles, links
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unicode categories: controls, format characters (the bidirectional ones and zero widths), private use, surrogates."""


def plain_code(line: str) -> str:
    """The same for a line of code, which keeps its spaces."""
    return _visible(line)


def plain(text: str) -> str:
    """One line without terminal sequences, control characters and characters that change the direction of text."""
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    blanked = (" " if each.isspace() else each for each in _TERMINAL.sub("", text))
    return "".join(each for each in blanked if unicodedata.category(each) not in _INVISIBLE)
