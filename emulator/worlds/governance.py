"""What binds even an Owner, as data of a world: locks and policies; and roles that Azure does not ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lock:
    """A management lock: `level` is CanNotDelete or ReadOnly, `scope` as in a Grant."""

    name: str
    level: str
    scope: str
    notes: str = ""


@dataclass(frozen=True)
class PolicyAssignment:
    """A policy of Azure Policy where it is assigned (`subscription` or `group`). `rule` is the `if` of its definition,
    in the policy language; `message` is its non-compliance message."""

    name: str
    display_name: str
    rule: Mapping[str, Any]
    scope: str = "subscription"
    effect: str = "Deny"
    mode: str = "Indexed"
    message: str = ""


@dataclass(frozen=True)
class Role:
    """A role definition. Patterns may hold `*`, which also stands for slashes. A world's own role has no GUID: it gets
    one from its name."""

    name: str
    guid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
