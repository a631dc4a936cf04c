"""The `if` of a policy rule: logical operators and conditions over fields, and how Azure tells what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from emulator.providers.policy import fields

Rule = Mapping[str, Any]
Expression = dict[str, Any]
_LOGICAL = ("allOf", "anyOf", "not")


def _text(value: Any) -> str:
    """[D] Values are compared as text without letter case: true is "True"."""
    return str(value).lower()


def _is(found: Any, wanted: Any) -> bool:
    return found is not fields.MISSING and _text(found) == _text(wanted)


def _is_like(found: Any, wanted: str) -> bool:
    """[D] One `*` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in _text(wanted).split("*"))
    return found is not fields.MISSING and re.fullmatch(pattern, _text(found)) is not None


def _contains(found: Any, wanted: Any) -> bool:
    if isinstance(found, list):
        return any(_is(item, wanted) for item in found)
    return found is not fields.MISSING and _text(wanted) in _text(found)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _is,
    "notEquals": lambda found, wanted: not _is(found, wanted),
    "like": _is_like,
    "notLike": lambda found, wanted: not _is_like(found, wanted),
    "in": lambda found, wanted: any(_is(found, one) for one in wanted),
    "notIn": lambda found, wanted: not any(_is(found, one) for one in wanted),
    "contains": _contains,
    "notContains": lambda found, wanted: not _contains(found, wanted),
    "exists": lambda found, wanted: (found is not fields.MISSING) == (_text(wanted) == "true"),
}
"""[D] A missing field is equal to nothing, so that the operators with `not` are true of it."""


def check(rule: Rule) -> None:
    """Raises ValueError for what is no rule of the policy language, or not emulated."""
    for condition in conditions(rule):
        _operator_of(condition)
        fields.path_of(condition["field"])


def conditions(rule: Rule) -> Iterator[Rule]:
    """The conditions of a rule, in their order. Raises ValueError."""
    for name in _LOGICAL:
        if name in rule:
            parts = [rule[name]] if name == "not" else rule[name]
            yield from (condition for part in parts for condition in conditions(part))
            return
    if "field" not in rule:
        raise ValueError(f"neither a condition over a field nor one of {', '.join(_LOGICAL)}: {dict(rule)}")
    yield rule


def holds(rule: Rule, resource: Mapping[str, Any]) -> tuple[bool, list[Expression]]:
    """Whether the rule is true of a resource, and the conditions looked at until that was clear [INF: order]."""
    looked_at: list[Expression] = []
    return _holds(rule, resource, looked_at), looked_at


def _holds(rule: Rule, resource: Mapping[str, Any], looked_at: list[Expression]) -> bool:
    if "allOf" in rule:
        return all(_holds(part, resource, looked_at) for part in rule["allOf"])
    if "anyOf" in rule:
        return any(_holds(part, resource, looked_at) for part in rule["anyOf"])
    if "not" in rule:
        return not _holds(rule["not"], resource, looked_at)
    field, operator = rule["field"], _operator_of(rule)
    verdict = True  # [D] of an alias with [*] every item must fit, and no item is no contradiction
    for path, found in fields.values_of(resource, field):
        fits = _OPERATORS[operator](_normal(field, found), _normal(field, rule[operator]))
        looked_at.append(_expression(field, path, found, operator, rule[operator]) | {"result": str(fits)})
        verdict = verdict and fits
    return verdict


def _operator_of(condition: Rule) -> str:
    operators = [name for name in condition if name != "field"]
    if len(operators) != 1 or operators[0] not in _OPERATORS:
        raise ValueError(f"no condition with one operator of {', '.join(_OPERATORS)}: {dict(condition)}")
    return operators[0]


def _normal(field: str, value: Any) -> Any:
    """[D] Locations are compared without spaces."""
    if field.lower() != "location" or value is fields.MISSING:
        return value
    return [_normal(field, one) for one in value] if isinstance(value, list | tuple) else _text(value).replace(" ", "")


def _expression(field: str, path: str, found: Any, operator: str, wanted: Any) -> Expression:
    """[3P] A field that is not there has no `expressionValue`."""
    shown = {} if found is fields.MISSING else {"expressionValue": found}
    named = {"expressionKind": "Field", "expression": field, "path": path}
    return {**named, **shown, "targetValue": wanted, "operator": operator[0].upper() + operator[1:]}
