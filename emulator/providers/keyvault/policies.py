"""Access policies: adding, replacing and removing permissions of single principals."""

from __future__ import annotations

from typing import Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error
from emulator.providers.ids import same_id

_KINDS = ("keys", "secrets", "certificates", "storage")


def update(vault: Resource, operation: str, asked: list[dict[str, Any]]) -> None:
    """[SPEC] `add` unites with what a principal has, `replace` puts in its place, `remove` takes away.

    Raises Refusal: 400 for another operation.
    """
    if operation.lower() not in ("add", "replace", "remove"):
        raise arm_error(400, "BadRequest", f"The access policy operation kind '{operation}' is invalid.")
    for policy in asked:
        _update_one(vault.body["properties"]["accessPolicies"], operation.lower(), policy)


def _update_one(policies: list[dict[str, Any]], operation: str, asked: dict[str, Any]) -> None:
    own = next((one for one in policies if same_id(one["objectId"], asked["objectId"])), None)
    if own is None:
        if operation != "remove":
            policies.append(_normal(asked))
        return
    if operation == "replace":
        own.update(_normal(asked))
        return
    for kind in _KINDS:
        had, named = own["permissions"].get(kind) or [], (asked.get("permissions") or {}).get(kind) or []
        own["permissions"][kind] = _united(had, named) if operation == "add" else _without(had, named)
    if not any(own["permissions"].get(kind) for kind in _KINDS):
        policies.remove(own)


def _normal(policy: dict[str, Any]) -> dict[str, Any]:
    permissions = policy.get("permissions") or {}
    named = {kind: list(permissions[kind]) for kind in _KINDS if permissions.get(kind) is not None}
    return {"tenantId": policy["tenantId"], "objectId": policy["objectId"], "permissions": named}


def _united(had: list[str], named: list[str]) -> list[str]:
    return had + [one for one in named if one.lower() not in {other.lower() for other in had}]


def _without(had: list[str], named: list[str]) -> list[str]:
    gone = {one.lower() for one in named}
    return [one for one in had if one.lower() not in gone]
