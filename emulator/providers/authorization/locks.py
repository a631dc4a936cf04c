"""Management locks: what they are as resources, and which operations they refuse, whatever the caller's roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error
from emulator.providers.ids import covers

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

LOCKS = "Microsoft.Authorization/locks"
LEVELS = ("NotSpecified", "CanNotDelete", "ReadOnly")
"""[SPEC]"""


def put(world: EmulatedWorld, scope: str, name: str, properties: dict[str, Any]) -> Resource:
    """Creates or replaces a lock; its id keeps the scope as the request wrote it [REC].

    Raises Refusal: 400 for a level that there is not [INF: text].
    """
    level = properties.get("level")
    if level not in LEVELS:
        message = f"The lock level '{level}' is not valid. The supported levels are '{','.join(LEVELS)}'."
        raise arm_error(400, "InvalidRequestContent", message, gateway=True)
    lock_id = f"{scope}/providers/{LOCKS}/{name}"
    kept = {key: properties[key] for key in ("notes", "owners") if properties.get(key)}
    body = {"properties": {"level": level, **kept}, "id": lock_id, "type": LOCKS, "name": name}
    return world.resources.put(Resource(lock_id, body, world.clock.now()))


def listed(world: EmulatedWorld, scope: str, wanted: str) -> Iterator[Resource]:
    """[D] The locks at, above and below a scope; `atScope()` leaves out those below.

    Raises Refusal: 400 for another filter [INF].
    """
    if wanted.replace(" ", "").lower() not in ("", "atscope()"):
        message = f"The filter '{wanted}' is not supported. Supported filters are 'atScope()'."
        raise arm_error(400, "UnsupportedQuery", message, gateway=True)
    for lock in world.resources.under("/", LOCKS):
        if covers(_scope_of(lock), scope) or (not wanted and covers(scope, _scope_of(lock))):
            yield lock


def refuse_locked(world: EmulatedWorld, verb: str, scope: str) -> None:
    """[D] ReadOnly refuses everything but reading, POST actions that only look included, and CanNotDelete refuses
    deleting; both hold for all that is below their scope, and neither lets a parent be deleted over their head.

    Raises Refusal: 409 ScopeLocked [REC]; an action counts as writing [3P].
    """
    if verb == "read":
        return
    refusing = [_scope_of(lock) for lock in world.resources.under("/", LOCKS) if _refuses(lock, verb, scope)]
    if refusing:
        operation = "delete" if verb == "delete" else "write"
        raise arm_error(
            409,
            "ScopeLocked",
            f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: "
            f"'{','.join(dict.fromkeys(refusing))}'. Please remove the lock and try again.",
            gateway=True,
        )


def _refuses(lock: Resource, verb: str, scope: str) -> bool:
    level, locked = lock.body["properties"]["level"], _scope_of(lock)
    if level == "NotSpecified":
        return False
    if verb == "delete":
        return covers(locked, scope) or covers(scope, locked)
    return level == "ReadOnly" and covers(locked, scope)


def _scope_of(lock: Resource) -> str:
    return lock.id[: lock.id.lower().rindex(f"/providers/{LOCKS.lower()}/")]
