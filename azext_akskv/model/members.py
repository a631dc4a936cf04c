"""Members of JSON that a service sent. Absent and null are the same; another type than the one expected is BadInput,
so that a malformed answer is told as what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_akskv.model.ids import BadInput, in_short

Json = dict[str, Any]
NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a whole number"}


def whole(raw: Any) -> Json:
    """The JSON itself, which must be an object."""
    if not isinstance(raw, dict):
        raise BadInput(f"expected an object, found {_told(raw)}")
    return raw


def child(raw: Mapping[str, Any], name: str) -> Json:
    """An object; empty when it is absent."""
    found: Json = _member(raw, name, dict)
    return found or {}


def children(raw: Mapping[str, Any], name: str) -> list[Json]:
    """A list of objects; empty when it is absent."""
    return [whole(each) for each in _member(raw, name, list) or ()]


def text(raw: Mapping[str, Any], name: str) -> str:
    """Empty when it is absent."""
    found: str = _member(raw, name, str)
    return found or ""


def texts(raw: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts; empty when it is absent."""
    found = _member(raw, name, list) or []
    if not all(isinstance(each, str) for each in found):
        raise BadInput(f"{in_short(name, 60)}: expected texts, found {', '.join(_told(each) for each in found)[:100]}")
    return list(found)


def flag(raw: Mapping[str, Any], name: str) -> bool | None:
    """None when it is absent."""
    found: bool | None = _member(raw, name, bool)
    return found


def number(raw: Mapping[str, Any], name: str) -> int | None:
    """None when it is absent."""
    found: int | None = _member(raw, name, int)
    return found


def labels(raw: Mapping[str, Any], name: str) -> dict[str, str]:
    """Names with texts, as tags are; a null among them is an empty text."""
    found = child(raw, name)
    return {each: text(found, each) for each in found}


def _member(raw: Mapping[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    if value is None or (isinstance(value, kind) and isinstance(value, bool) == (kind is bool)):  # True is no number
        return value
    raise BadInput(f"{in_short(name, 60)}: expected {NAMES[kind]}, found {_told(value)}")


def _told(value: Any) -> str:
    """By its type: what is where something else should be may be anything."""
    return NAMES.get(type(value), "null" if value is None else f"a {type(value).__name__}")


def printable(told: str) -> str:
    """As a terminal and a journal may hold it."""
    return "".join(each for each in told if each.isascii() and each.isprintable())
