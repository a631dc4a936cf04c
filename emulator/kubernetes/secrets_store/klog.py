"""Lines of logs as the programs write them: klog's text in its two ages, and JSON. [SRC]"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_LEVELS = {"I": "info", "W": "info", "E": "error"}


@dataclass(frozen=True)
class Style:
    """`blocks`: a value of several lines is written as `err=<` and a block (klog since 2.40), and quoted before.
    `json`: with logFormatJSON; `message` and `error` are the names of two of its members."""

    blocks: bool = True
    json: bool = False
    message: str = "msg"
    error: str = "err"


def quoted(text: str) -> str:
    """A text as Go quotes it."""
    return json.dumps(text, ensure_ascii=False)


def line(style: Style, at: datetime, where: tuple[str, str, int], text: str, values: Mapping[str, str]) -> str:
    """One record, without the end of its last line. `where`: level, file and line number."""
    level, file, number = where
    if style.json:
        return _json(style, at, where, text, values)
    head = f"{level}{at:%m%d %H:%M:%S}.{at.microsecond:06d}{1:>8} {file}:{number}] "
    return head + quoted(text) + "".join(_pair(style, name, value) for name, value in values.items())


def plain(at: datetime, where: tuple[str, str, int], text: str) -> str:
    """A line of klog's older way, with a text and no values."""
    level, file, number = where
    return f"{level}{at:%m%d %H:%M:%S}.{at.microsecond:06d}{1:>8} {file}:{number}] {text}"


def _pair(style: Style, name: str, value: str) -> str:
    if value in ("true", "false"):
        return f" {name}={value}"
    if style.blocks and "\n" in value:
        block = "".join(f"\t{one}\n" for one in value.split("\n"))
        return f" {name}=<\n{block} >"
    return f" {name}={quoted(value)}"


def _json(style: Style, at: datetime, where: tuple[str, str, int], text: str, values: Mapping[str, str]) -> str:
    level, file, number = where
    named = {style.error if name == "err" else name: value for name, value in values.items()}
    when = round(at.timestamp() * 1000, 3)
    if style.message == "msg":
        return json.dumps({"ts": when, "caller": f"server/{file}:{number}", "msg": text, **named}, ensure_ascii=False)
    members = {"level": _LEVELS[level], "timestamp": when, "caller": f"{file}:{number}", style.message: text, **named}
    return json.dumps(members, ensure_ascii=False)
