"""The patches that an API server takes; all of them leave the object that they are given as it is."""

from __future__ import annotations

import copy
import json
from typing import Any

from emulator.core.http import Call
from emulator.kubernetes import statuses

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_KINDS = [JSON_PATCH, MERGE, STRATEGIC]

Object = dict[str, Any]


def patched(old: Object, call: Call) -> Object:
    """The object with the patch of the request's body; which kind of patch it is, its content type says.

    Raises Refusal: 400, 415, or 422 for a JSON patch that does not fit.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise statuses.unsupported_media_type(_KINDS)
    try:
        patch = json.loads(call.body)
    except ValueError as error:
        raise statuses.bad_request(f"error decoding patch: {error}") from error
    if kind == JSON_PATCH:
        return _json_patched(old, patch)
    if not isinstance(patch, dict):
        raise statuses.bad_request("error decoding patch: the patch is not an object")
    if kind == STRATEGIC and _has_directives(patch):
        # On maps, which is all that the kinds known here hold, both merge patches mean the same without directives.
        raise statuses.bad_request("unknown directive in the strategic merge patch")
    return merged(old, patch)


def merged(old: Object, patch: Object) -> Object:
    """RFC 7396: null removes, an object goes deeper, anything else replaces."""
    new = dict(old)
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        elif isinstance(value, dict):
            below = new.get(name)
            new[name] = merged(below if isinstance(below, dict) else {}, value)
        else:
            new[name] = value
    return new


def _has_directives(patch: Object) -> bool:
    return any(
        name.startswith("$") or (isinstance(value, dict) and _has_directives(value)) for name, value in patch.items()
    )


def _json_patched(old: Object, patch: Any) -> Object:
    if not isinstance(patch, list):
        raise statuses.bad_request("error decoding patch: the patch is not a list")
    new: Object = copy.deepcopy(old) if patch else old
    try:
        for step in patch:
            _apply(new, step)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        text = "the server rejected our request due to an error in our request"
        raise statuses.failure(422, "Invalid", text, {}) from error
    return new


def _apply(new: Object, step: Object) -> None:
    """One operation of RFC 6902. Raises KeyError, IndexError, ValueError or TypeError when it does not fit."""
    operation, path = step["op"], _pointer(step["path"])
    if operation == "test":
        if _value(new, path) != step["value"]:
            raise ValueError(step["path"])
    elif operation == "remove":
        _take(new, path)
    elif operation == "replace":
        _take(new, path)
        _put(new, path, step["value"])
    elif operation == "add":
        _put(new, path, step["value"])
    elif operation == "move":
        _put(new, path, _take(new, _pointer(step["from"])))
    elif operation == "copy":
        _put(new, path, copy.deepcopy(_value(new, _pointer(step["from"]))))
    else:
        raise ValueError(operation)


def _pointer(text: str) -> list[str]:
    if not text.startswith("/"):
        raise ValueError(text)
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _value(new: Any, path: list[str]) -> Any:
    for part in path:
        new = new[int(part)] if isinstance(new, list) else new[part]
    return new


def _take(new: Any, path: list[str]) -> Any:
    parent = _value(new, path[:-1])
    return parent.pop(int(path[-1])) if isinstance(parent, list) else parent.pop(path[-1])


def _put(new: Any, path: list[str], value: Any) -> None:
    parent = _value(new, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else int(path[-1]), value)
    else:
        parent[path[-1]] = value
