"""Label and field selectors of lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from emulator.kubernetes import statuses

Object = dict[str, Any]
Test = Callable[[Object], bool]

_SET = re.compile(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)")
_EQUALITY = re.compile(r"([^=!\s]+)\s*(==|=|!=)\s*([^=\s]*)")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


def _involved(field: str) -> Callable[[Object], Any]:
    return lambda content: (content.get("involvedObject") or {}).get(field)


# Which fields an API server can select by depends on the kind; these are those of the kinds known here.
_FIELDS: Mapping[str, Callable[[Object], Any]] = {
    "metadata.name": lambda content: content["metadata"]["name"],
    "metadata.namespace": lambda content: content["metadata"].get("namespace"),
    "type": lambda content: content.get("type"),
    "spec.nodeName": lambda content: (content.get("spec") or {}).get("nodeName"),
    "status.phase": lambda content: (content.get("status") or {}).get("phase"),
    "reason": lambda content: content.get("reason"),
    **{f"involvedObject.{field}": _involved(field) for field in ("kind", "namespace", "name", "uid")},
}


def selector(query: Mapping[str, str]) -> Test | None:
    """The test that labelSelector and fieldSelector of a query make; None when there is neither.

    Raises Refusal: 400 when one cannot be understood.
    """
    tests = [_label_test(term) for term in _terms(query.get("labelselector", ""))]
    tests += [_field_test(term) for term in _terms(query.get("fieldselector", ""))]
    if not tests:
        return None
    return lambda content: all(test(content) for test in tests)


def _terms(text: str) -> list[str]:
    return [term.strip() for term in _COMMA_OUTSIDE.split(text) if term.strip()]


def _label_test(term: str) -> Test:
    if match := _SET.fullmatch(term):
        name, values = match[1], {value.strip() for value in match[3].split(",")}
        if match[2] == "in":
            return lambda content: _labels(content).get(name) in values
        return lambda content: _labels(content).get(name) not in values
    if match := _EQUALITY.fullmatch(term):
        name, value = match[1], match[3]
        if match[2] == "!=":
            return lambda content: _labels(content).get(name) != value
        return lambda content: _labels(content).get(name) == value
    if re.fullmatch(r"!?[-._/a-zA-Z0-9]+", term):
        name, wanted = term.lstrip("!"), not term.startswith("!")
        return lambda content: (name in _labels(content)) == wanted
    raise statuses.bad_request(f"unable to parse requirement: {term}")


def _field_test(term: str) -> Test:
    match = _EQUALITY.fullmatch(term)
    if match is None or match[1] not in _FIELDS:
        raise statuses.bad_request(f"field label not supported: {term}")
    field, value, wanted = _FIELDS[match[1]], match[3], match[2] != "!="
    return lambda content: (field(content) == value) == wanted


def _labels(content: Object) -> Mapping[str, str]:
    return content["metadata"].get("labels") or {}
