"""Parts of what the script in the command pod prints, decoded: gateways/mounts/ writes them.

A part is packed, so that no word in it, whoever wrote it, can be taken for a line of the script; one that is not whole
is none.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.pod_report import Gap, Report, gap_of

MOST_BYTES = 64 << 20
"""Of a part unpacked: far more than 512 kB of text usually come to."""
_GZIP = b"\x1f\x8b"
_GO_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|U([0-9a-f]{8})|([av])|(.))", re.DOTALL)
_OF_GO = {"a": "\\u0007", "v": "\\u000b"}


@dataclass(frozen=True)
class Part:
    """`told` is what the script says of it."""

    text: str
    told: str = ""


Parts = Mapping[str, Part | Gap]


def parts_of(report: Report) -> Parts:
    """By name. Raises BadInput where one cannot be unpacked."""
    found: dict[str, Part | Gap] = {}
    packed: list[str] = []
    for word, rest in report.lines:
        if word == "data":
            packed.append(rest)
        elif word == "whole":
            name, _, told = rest.partition(" ")
            found[name] = Part(_unpacked("".join(packed)), told.strip())
            packed = []
        elif word == "gap":
            gap = gap_of(rest)
            found[gap.what], packed = gap, []
    return found


def items_of(part: Part) -> list[dict[str, Any]]:
    """One object a line, as templates of kubectl print them. Raises BadInput."""
    return [_object(line) for line in part.text.split("\n") if line]


def _unpacked(packed: str) -> str:
    try:
        raw = base64.b64decode(packed, validate=True)
        if raw.startswith(_GZIP):
            unpacking = zlib.decompressobj(wbits=31)
            raw = unpacking.decompress(raw, MOST_BYTES)
            if not unpacking.eof:
                raise BadInput("a part of the script's report is not whole, or far too large")
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadInput(f"a part of the script's report cannot be unpacked: {type(error).__name__}") from None
    return raw.decode("utf-8", "replace")


def _object(line: str) -> dict[str, Any]:
    """Go quotes some characters in ways that JSON does not know, and prints large numbers as fractions."""
    try:
        found = _tidy(json.loads(_GO_ESCAPE.sub(_as_json, line), parse_float=_whole_number))
    except (ValueError, RecursionError, OverflowError):
        raise BadInput(f"a line of the script's report is no object: {in_short(line, 80)}") from None
    if not isinstance(found, dict):
        raise BadInput("a line of the script's report is no object")
    return found


def _as_json(found: re.Match[str]) -> str:
    byte, wide, letter, other = found.groups()
    if byte or wide:
        return json.dumps(chr(int(byte or wide, 16)))[1:-1]
    return _OF_GO[letter] if letter else f"\\{other}"


def _whole_number(told: str) -> int | float:
    number = float(told)
    return int(number) if number.is_integer() else number


def _tidy(value: Any) -> Any:
    """Without what is there for the commas."""
    if isinstance(value, dict):
        return {name: _tidy(each) for name, each in value.items() if name}
    if isinstance(value, list):
        return [_tidy(each) for each in value if each is not None]
    return value
