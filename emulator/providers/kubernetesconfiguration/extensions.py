"""Microsoft.KubernetesConfiguration/extensions of connected clusters: what Resource Manager keeps of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.operations import Operation, OperationFailed
from emulator.core.resources import Resource
from emulator.kubernetes.arc import installing
from emulator.providers.kubernetes.connected import server_of

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Object = dict[str, Any]
NAMESPACE = "Microsoft.KubernetesConfiguration"
SEGMENT = "extensions"
EXTENSIONS = f"{NAMESPACE}/{SEGMENT}"
_CURRENT_SINCE, _SYSTEM_SINCE = "2022-07", "2022-11"
"""[REC] [INF] The versions that show currentVersion and isSystemExtension first."""
_LOOK = 10.0
"""Seconds between two looks at an installation that waits for something."""
_TROUBLES = "https://aka.ms/k8s-extensions-TSG"


def extension_id(cluster_id: str, name: str) -> str:
    return f"{cluster_id}/providers/{EXTENSIONS}/{name}"


def all_of(world: EmulatedWorld, cluster: Resource) -> list[Resource]:
    return list(world.resources.children(f"{cluster.id}/providers/{NAMESPACE}", SEGMENT))


def new_body(world: EmulatedWorld, resource_id: str, request: Object, now: datetime) -> Object:
    """What a PUT makes. [REC]"""
    own = request.get("properties") or {}
    kind = str(own.get("extensionType") or "")
    stamp = f"{now:%Y-%m-%dT%H:%M:%S.%f}0+00:00"
    who = dict.fromkeys(("By", "ByType")) | {"At": stamp}
    body: Object = {
        "id": resource_id,
        "name": resource_id.rpartition("/")[2],
        "type": EXTENSIONS,
        "properties": {
            "extensionType": kind,
            "autoUpgradeMinorVersion": own.get("autoUpgradeMinorVersion", True),
            "releaseTrain": own.get("releaseTrain") or "stable",
            "version": own.get("version"),
            "currentVersion": None,
            "scope": _scope(own.get("scope"), kind),
            "provisioningState": "Creating",
            "configurationSettings": dict(own.get("configurationSettings") or {}),
            "configurationProtectedSettings": dict.fromkeys(own.get("configurationProtectedSettings") or {}, ""),
            "statuses": [],
            "aksAssignedIdentity": None,
            "isSystemExtension": False,
        },
        "systemData": {f"{what}{name}": value for what in ("created", "lastModified") for name, value in who.items()},
    }
    if (request.get("identity") or {}).get("type") == "SystemAssigned":
        principal = world.ids.uuid("extension", resource_id.lower())
        body["identity"] = {"type": "SystemAssigned", "principalId": principal}
    return body


def _scope(asked: Mapping[str, Any] | None, kind: str) -> Object:
    """[INF] Without a namespace it is the type's own."""
    scope: Object = copy.deepcopy(dict(asked or {"cluster": {}}))
    if "cluster" in scope and not (scope["cluster"] or {}).get("releaseNamespace"):
        name = installing.RELEASED_INTO.get(kind.lower()) or kind.lower().rpartition(".")[2]
        scope["cluster"] = {**(scope["cluster"] or {}), "releaseNamespace": name}
    return scope


def change(extension: Resource, request: Object, now: datetime) -> None:
    """A PATCH [SPEC]: settings are merged, and one that is null goes."""
    own, properties = request.get("properties") or {}, extension.body["properties"]
    for name in ("autoUpgradeMinorVersion", "releaseTrain", "version"):
        if own.get(name) is not None:
            properties[name] = own[name]
    given = {**properties["configurationSettings"], **(own.get("configurationSettings") or {})}
    properties["configurationSettings"] = {name: value for name, value in given.items() if value is not None}
    protected = dict.fromkeys(own.get("configurationProtectedSettings") or {}, "")
    properties["configurationProtectedSettings"] |= protected
    properties["provisioningState"] = "Updating"
    extension.body["systemData"]["lastModifiedAt"] = f"{now:%Y-%m-%dT%H:%M:%S.%f}0+00:00"


def begin(
    world: EmulatedWorld, extension: Resource, state: str, step: Callable[[Operation], bool] | None = None
) -> Operation:
    """An operation that takes a step now and then until one says that it was the last; `proceed` unless another is
    given. The one before is over."""
    if (running := world.operations.running_on(extension.id)) is not None:
        world.operations.cancel(running)
    started: list[Operation] = []

    def usual(operation: Operation) -> bool:
        return world.resources.get(extension.id) is not extension or proceed(world, extension, operation)

    def at_end() -> None:
        if not (step or usual)(started[0]):
            started[0].go_on(world.clock.now() + timedelta(seconds=_LOOK), at_end)

    started.append(world.operations.start(extension, (state,), world.spec.delays.update, at_end))
    return started[0]


def proceed(world: EmulatedWorld, extension: Resource, operation: Operation | None) -> bool:
    """What the agents have come to with an extension; whether they are done.

    Raises OperationFailed, where there is an operation to tell of it.
    """
    properties = extension.body["properties"]
    if problem := installing.unresolved(properties):
        _fail(properties, problem, operation)
        return True
    server = server_of(world, extension.id.partition(f"/providers/{NAMESPACE}")[0])
    properties["currentVersion"] = installing.resolved(properties)
    if server is None:  # [OWN] nobody's cluster: there is nothing that could go wrong
        properties["provisioningState"] = "Succeeded"
        return True
    if server.cut_off_at is not None:
        return False
    server.request_came()
    outcome = server.extensions.outcome(properties)
    if outcome.failure:
        _fail(properties, outcome.failure, operation)
    elif not outcome.ready:
        return False
    else:
        properties["provisioningState"], properties["statuses"] = "Succeeded", []
    return True


def _fail(properties: Object, problem: str, operation: Operation | None) -> None:
    """[REC] The resource stays, and says why."""
    text = f"{problem}, For general troubleshooting visit: {_TROUBLES}"
    status = {"code": "InstallationFailed", "displayStatus": None, "level": None, "message": text, "time": None}
    properties["provisioningState"], properties["statuses"] = "Failed", [status]
    properties["currentVersion"] = properties["currentVersion"] or properties["version"]
    if operation is not None:
        raise OperationFailed(
            "ExtensionOperationFailed", f"The extension operation failed with the following error: {text}"
        )


def shown(extension: Resource, version: str) -> Object:
    """The body as a version of the API shows it. [REC] Before there was currentVersion, `version` was that."""
    body: Object = copy.deepcopy(extension.body)
    properties = body["properties"]
    if version < _CURRENT_SINCE:
        current = properties.pop("currentVersion")
        properties["version"] = properties["version"] or (
            current if properties["provisioningState"] == "Succeeded" else None
        )
    if version < _SYSTEM_SINCE:
        del properties["isSystemExtension"]
    return body
