"""Operations on the cluster that do not end as one wishes: what is done to the emulation's operation while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.core.operations import Operation, OperationFailed
from emulator.core.resources import Resource
from emulator.providers.containerservice import lifecycle
from emulator.providers.containerservice.clusters import ManagedCluster, touch
from emulator.world import EmulatedWorld
from tests.e2e.faults import HTML

POLL = {"site": "arm", "method": "GET", "path": "/operations/"}
PUT = {"site": "arm", "method": "PUT", "path": "/managedClusters/[^/?]+[?]", "nth": 1}
INTERNAL = ("InternalOperationError", "Reconcile of the control plane failed.")
Change = Callable[[EmulatedWorld, ManagedCluster, Operation], None]


@dataclass(frozen=True)
class Ending:
    """`code`: the exit code of the first run. Either `change` is done to the operation while its first poll waits, or
    `fault` strikes. `rewrites`: the first run rewrites the secrets."""

    name: str
    code: int
    change: Change | None = None
    fault: Mapping[str, Any] | None = None
    rewrites: bool = True


def fails(world: EmulatedWorld, cluster: ManagedCluster, operation: Operation) -> None:
    """Nothing of it came true, and the API servers run as before."""

    def end() -> None:
        world.kubernetes.server(cluster.id).away = False
        touch(world, cluster, "Failed")
        raise OperationFailed(*INTERNAL)

    operation.at_end = end


def fails_late(world: EmulatedWorld, cluster: ManagedCluster, operation: Operation) -> None:
    """The API servers have changed over already."""
    finish = operation.at_end

    def end() -> None:
        finish()
        touch(world, cluster, "Failed")
        raise OperationFailed(*INTERNAL)

    operation.at_end = end


def is_canceled(world: EmulatedWorld, cluster: ManagedCluster, _operation: Operation) -> None:
    lifecycle.abort(world, cluster)


def succeeds_with_an_error(_world: EmulatedWorld, _cluster: ManagedCluster, operation: Operation) -> None:
    """[REC] 148 of 2,070 operations that succeeded carry one."""
    finish = operation.at_end

    def end() -> None:
        finish()
        operation.error = {"code": "NotLatestOperation", "message": "Cannot proceed: a newer operation is there."}

    operation.at_end = end


def is_updating_afterwards(world: EmulatedWorld, cluster: ManagedCluster, operation: Operation) -> None:
    """[REC] Once in 1,634."""
    finish = operation.at_end

    def end() -> None:
        finish()
        cluster.body["properties"]["provisioningState"] = "Updating"
        rest = Resource(f"{cluster.id}/rest", {}, world.clock.now())
        world.operations.start(rest, (), 2.0, lambda: touch(world, cluster, "Succeeded"))

    operation.at_end = end


def answered(status: int, body: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"status": status, "body": body, "headers": {"Content-Type": kind}}


NOT_FOUND = {"code": "NotFound", "details": None, "message": "The operation was not found.", "subcode": ""}
REFUSED = {"code": "BadRequest", "details": None, "message": "The value of a property is invalid.", "subcode": ""}
FORBIDDEN = {"error": {"code": "AuthorizationFailed", "message": "No right to managedClusters/write."}}
POLICY = {"error": {"code": "RequestDisallowedByPolicy", "message": "Disallowed by policy."}}

ENDINGS = (
    Ending("the operation ends Failed", 1, fails),
    Ending("the operation ends Failed after the API servers changed over", 1, fails_late),
    Ending("the operation ends Canceled", 1, is_canceled),
    Ending("the operation says Succeeded, with an error inside", 0, succeeds_with_an_error),
    Ending("the cluster is still Updating after Succeeded", 0, is_updating_afterwards),
    Ending("each poll answers 404", 0, fault=POLL | answered(404, NOT_FOUND)),
    Ending("each poll answers 410", 0, fault=POLL | answered(410, NOT_FOUND)),
    Ending("each poll answers garbage", 0, fault=POLL | answered(200, b"}{")),
    Ending("each poll answers JSON of another kind", 0, fault=POLL | answered(200, [])),
    Ending("each poll answers HTML", 0, fault=POLL | answered(200, HTML.format("Sign in").encode(), "text/html")),
    Ending("each poll answers 503", 0, fault=POLL | answered(503, {"error": {"code": "ServiceUnavailable"}})),
    Ending("the PUT is refused with 400", 1, fault=PUT | answered(400, REFUSED), rewrites=False),
    Ending("the PUT is refused with 403", 1, fault=PUT | answered(403, FORBIDDEN), rewrites=False),
    Ending("the PUT is refused with 403 by a policy", 1, fault=PUT | answered(403, POLICY), rewrites=False),
    Ending("the PUT is refused with 409", 1, fault=PUT | answered(409, {"code": "Conflict"}), rewrites=False),
)
