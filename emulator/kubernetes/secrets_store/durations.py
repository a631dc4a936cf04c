"""Durations as Go writes them in flags."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parsed(text: str, otherwise: timedelta) -> timedelta:
    """`2m`, `1h30m`; what is none is the other one."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return timedelta(seconds=seconds) if seconds > 0 else otherwise
