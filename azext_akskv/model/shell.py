"""Commands to paste: every word quoted for a POSIX shell."""

from __future__ import annotations

import shlex


def shell(*words: object) -> str:
    return shlex.join(str(word) for word in words)
