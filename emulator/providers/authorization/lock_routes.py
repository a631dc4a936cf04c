"""Microsoft.Authorization/locks at a subscription, a resource group and a resource."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.providers.authorization import locks
from emulator.providers.errors import arm_error

_LOCKS = "/{scope:path}/providers/Microsoft.Authorization/locks"


def declare_lock_routes(routes: Routes) -> None:
    """Adds the routes of the locks of everything."""

    @routes.route("GET", _LOCKS)
    def list_locks(call: Call) -> Answer:
        found = locks.listed(call.world, _scope(call), call.query.get("$filter", ""))
        return Answer(200, {"value": [lock.body for lock in found]})

    @routes.route("GET", _LOCKS + "/{lock}")
    def get_lock(call: Call) -> Answer:
        """[INF] The code and the text of the 404."""
        lock = call.world.resources.get(_lock_id(call))
        if lock is None:
            message = f"The lock '{call.params['lock']}' could not be found."
            raise arm_error(404, "LockNotFound", message, gateway=True)
        return Answer(200, lock.body)

    @routes.route("PUT", _LOCKS + "/{lock}")
    def put_lock(call: Call) -> Answer:
        """[REC] 201 for a new lock, 200 for one that was there."""
        known = call.world.resources.get(_lock_id(call)) is not None
        properties = (call.json() or {}).get("properties") or {}
        lock = locks.put(call.world, _scope(call), call.params["lock"], properties)
        return Answer(200 if known else 201, lock.body)

    @routes.route("DELETE", _LOCKS + "/{lock}")
    def delete_lock(call: Call) -> Answer:
        """[REC] 200 without a body; [SPEC] 204 when there was none."""
        known = call.world.resources.get(_lock_id(call)) is not None
        call.world.resources.remove(_lock_id(call))
        return Answer(200 if known else 204)


def _scope(call: Call) -> str:
    return "/" + call.params["scope"]


def _lock_id(call: Call) -> str:
    return f"{_scope(call)}/providers/{locks.LOCKS}/{call.params['lock']}"
