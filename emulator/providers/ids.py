"""Reading ARM ids: `/subscriptions/{}/resourceGroups/{}/providers/{namespace}/{type}/{name}[/{type}/{name}...]`."""

from __future__ import annotations

import re

_GROUP = re.compile(r"/subscriptions/([^/]+)/resourcegroups/([^/]+)", re.IGNORECASE)


def group_id(subscription: str, group: str) -> str:
    """[REC] A resource group's own id writes `resourceGroups`."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def group_of(resource_id: str) -> str:
    """The resource group's name in an id; empty when the id has none."""
    match = _GROUP.match(resource_id)
    return match[2] if match else ""


def name_of(resource_id: str) -> str:
    """The last segment."""
    return resource_id.rstrip("/").rpartition("/")[2]


def same_id(one: str | None, other: str | None) -> bool:
    """[REC] Ids come in every letter case, so they are compared without it."""
    return (one or "").rstrip("/").lower() == (other or "").rstrip("/").lower()


def covers(scope: str, resource_id: str) -> bool:
    """Whether what is assigned at `scope` reaches `resource_id`: the same id or one below it."""
    upper, lower = scope.lower().rstrip("/"), resource_id.lower().rstrip("/")
    return lower == upper or lower.startswith(upper + "/")
