"""The message of a condition: where only some of a Secret's entries could be fetched it is JSON in a text, which tells
of each item. [D: troubleshooting]"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azext_akskv.model.provider.clean import LONGEST_PROOF, comparable, redacted, shown

_NAMES = ("name", "item", "sourcePath", "objectName", "secret", "targetKey", "key")
_TEXTS = ("error", "message", "reason", "status", "result", "state")
_GOOD = ("success", "succeeded", "ok", "true", "synced", "updated")
_MOST = 200
"""Items that are told of; a Secret holds a megabyte at the most."""


@dataclass(frozen=True)
class ItemTold:
    """`good` of None: what is told of it does not say."""

    name: str
    good: bool | None
    text: str = ""


def items_told(message: str) -> tuple[ItemTold, ...]:
    """Empty where the message is no such JSON: then it is a text for people.

    No document shows the JSON's form [D: only that there is one for each item]; so names with texts, names with
    objects, and lists of objects are all read. [INF] No credential gets through, see clean.py.
    """
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return ()
    if isinstance(document, dict) and len(document) == 1 and isinstance(next(iter(document.values())), (list, dict)):
        inner = next(iter(document.values()))
        document = inner if isinstance(inner, list) or not _is_told(inner) else document
    return tuple(_items(document))[:_MOST]


def shown_message(message: str) -> str:
    """In one line, without credentials; long ones cut."""
    text = redacted(comparable(message))
    return shown(text, 0, min(len(text), LONGEST_PROOF))


def _is_told(value: Mapping[str, Any]) -> bool:
    """Whether an object tells of one item, not of several by their names."""
    return any(name in value for name in _TEXTS)


def _items(document: Any) -> Iterator[ItemTold]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield _item(name, value)
    elif isinstance(document, list):
        for each in document:
            if isinstance(each, dict):
                name = next((each[name] for name in _NAMES if isinstance(each.get(name), str)), "")
                yield _item(name, each)


def _item(name: str, value: Any) -> ItemTold:
    shown_name = shown_message(name)
    if isinstance(value, bool):
        return ItemTold(shown_name, value)
    if isinstance(value, str):
        return ItemTold(shown_name, _good(value), shown_message(value))
    if isinstance(value, dict):
        texts = [value[each] for each in _TEXTS if isinstance(value.get(each), str) and value[each]]
        flags = [value[each] for each in _GOOD if isinstance(value.get(each), bool)]
        told = [good for each in texts if (good := _good(each)) is not None]
        good = flags[0] if flags else all(told) if told else None
        return ItemTold(shown_name, good, shown_message("; ".join(texts)))
    return ItemTold(shown_name, None)


def _good(told: str) -> bool | None:
    """By a word alone; anything longer is taken for an error's text."""
    word = told.strip().lower().rstrip(".")
    if word in _GOOD or word.endswith("succeeded"):
        return True
    return False if word else None
