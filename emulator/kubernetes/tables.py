"""The cells of Tables: what `kubectl get` prints for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from emulator.kubernetes import kinds
from emulator.kubernetes.kinds import CONFIG_MAPS, EVENTS, LEASES, NAMESPACES, NODES, PODS, SECRETS, Kind

Object = dict[str, Any]
_Cell = Callable[[Object, datetime], Any]

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def age(seconds: int) -> str:
    """As kubectl writes durations: `45s`, `3m10s`, `5h`, `6d2h`, `400d`."""
    if seconds < 2 * _MINUTE:
        return f"{max(seconds, 0)}s"
    if seconds < 3 * _HOUR:
        return _two(seconds, (_MINUTE, "m"), (1, "s"), 10 * _MINUTE)
    if seconds < 2 * _DAY:
        return _two(seconds, (_HOUR, "h"), (_MINUTE, "m"), 8 * _HOUR)
    if seconds < 2 * _YEAR:
        return _two(seconds, (_DAY, "d"), (_HOUR, "h"), 8 * _DAY)
    return _two(seconds, (_YEAR, "y"), (_DAY, "d"), 8 * _YEAR)


def _two(seconds: int, first: tuple[int, str], second: tuple[int, str], precise_below: int) -> str:
    """The first unit, and the second one too while the whole is short."""
    whole, rest = divmod(seconds, first[0])
    part = rest // second[0] if seconds < precise_below else 0
    return f"{whole}{first[1]}" + (f"{part}{second[1]}" if part else "")


def _age_of(content: Object, now: datetime) -> str:
    return _since(content["metadata"].get("creationTimestamp"), now)


def _last_seen(content: Object, now: datetime) -> str:
    return _since(content.get("lastTimestamp") or content["metadata"].get("creationTimestamp"), now)


def _since(created: Any, now: datetime) -> str:
    if not created:
        return "<unknown>"
    then = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return age(int((now - then).total_seconds()))


def _at(*path: str) -> _Cell:
    def cell(content: Object, now: datetime) -> Any:
        value: Any = content
        for name in path:
            value = value.get(name, "") if isinstance(value, dict) else ""
        return value

    return cell


def _involved(content: Object, now: datetime) -> str:
    involved = content.get("involvedObject") or {}
    return f"{str(involved.get('kind', '')).lower()}/{involved.get('name', '')}"


def _entries(content: Object, now: datetime) -> int:
    return len(content.get("data") or {}) + len(content.get("binaryData") or {})


def _ready(content: Object, now: datetime) -> str:
    containers = (content.get("status") or {}).get("containerStatuses") or []
    return f"{sum(1 for one in containers if one.get('ready'))}/{len(content['spec']['containers'])}"


def _reason(content: Object, now: datetime) -> str:
    """[SRC] Why a pod's container waits or has ended tells more than the phase."""
    status = content.get("status") or {}
    for one in status.get("containerStatuses") or []:
        for state in (one.get("state") or {}).values():
            if state.get("reason"):
                return str(state["reason"])
    return str(status.get("reason") or status.get("phase") or "")


def _share(content: Object, now: datetime) -> str:
    """Of a Deployment: how many pods are ready, of how many."""
    return f"{(content.get('status') or {}).get('readyReplicas') or 0}/{content['spec'].get('replicas', 1)}"


def _count(*path: str) -> _Cell:
    """A number of a status that leaves zeros out."""

    def cell(content: Object, now: datetime) -> int:
        return int(_at(*path)(content, now) or 0)

    return cell


def _node_selector(content: Object, now: datetime) -> str:
    chosen = content["spec"]["template"]["spec"].get("nodeSelector") or {}
    return ",".join(f"{name}={value}" for name, value in sorted(chosen.items())) or "<none>"


def _drivers(content: Object, now: datetime) -> int:
    return len(content["spec"].get("drivers") or [])


def _audiences(content: Object, now: datetime) -> str:
    return ",".join(one["audience"] for one in content["spec"].get("tokenRequests") or []) or "<unset>"


def _modes(content: Object, now: datetime) -> str:
    return ",".join(content["spec"].get("volumeLifecycleModes") or ["Persistent"])


def _role(content: Object, now: datetime) -> str:
    return f"{content['roleRef']['kind']}/{content['roleRef']['name']}"


def _or_none(*path: str) -> _Cell:
    def cell(content: Object, now: datetime) -> str:
        return str(_at(*path)(content, now) or "<none>")

    return cell


def _readiness(content: Object, now: datetime) -> str:
    conditions = (content.get("status") or {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return "Ready" if ready else "NotReady"


def _roles(content: Object, now: datetime) -> str:
    """[SRC] Of labels, of which AKS sets none."""
    prefix = "node-role.kubernetes.io/"
    labels = content["metadata"].get("labels") or {}
    return ",".join(sorted(name.removeprefix(prefix) for name in labels if name.startswith(prefix))) or "<none>"


def _restarts(content: Object, now: datetime) -> int:
    containers = (content.get("status") or {}).get("containerStatuses") or []
    return sum(one.get("restartCount", 0) for one in containers)


_NAME: tuple[str, str, _Cell] = ("Name", "string", _at("metadata", "name"))
_AGE: tuple[str, str, _Cell] = ("Age", "string", _age_of)
_CREATED: tuple[str, str, _Cell] = ("Created At", "date", _at("metadata", "creationTimestamp"))
_CELLS: Mapping[str, tuple[tuple[str, str, _Cell], ...]] = {
    SECRETS.plural: (_NAME, ("Type", "string", _at("type")), ("Data", "integer", _entries), _AGE),
    CONFIG_MAPS.plural: (_NAME, ("Data", "integer", _entries), _AGE),
    NAMESPACES.plural: (_NAME, ("Status", "string", _at("status", "phase")), _AGE),
    PODS.plural: (
        _NAME,
        ("Ready", "string", _ready),
        ("Status", "string", _reason),
        ("Restarts", "integer", _restarts),
        _AGE,
        ("IP", "string", _or_none("status", "podIP")),
        ("Node", "string", _or_none("spec", "nodeName")),
        ("Nominated Node", "string", _or_none("status", "nominatedNodeName")),
        ("Readiness Gates", "string", _or_none("spec", "readinessGates")),
    ),
    kinds.SERVICE_ACCOUNTS.plural: (_NAME, ("Secrets", "string", _count("secrets")), _AGE),
    kinds.DAEMON_SETS.plural: (
        _NAME,
        ("Desired", "integer", _count("status", "desiredNumberScheduled")),
        ("Current", "integer", _count("status", "currentNumberScheduled")),
        ("Ready", "integer", _count("status", "numberReady")),
        ("Up-to-date", "integer", _count("status", "updatedNumberScheduled")),
        ("Available", "integer", _count("status", "numberAvailable")),
        ("Node Selector", "string", _node_selector),
        _AGE,
    ),
    kinds.DEPLOYMENTS.plural: (
        _NAME,
        ("Ready", "string", _share),
        ("Up-to-date", "string", _count("status", "updatedReplicas")),
        ("Available", "string", _count("status", "availableReplicas")),
        _AGE,
    ),
    kinds.REPLICA_SETS.plural: (
        _NAME,
        ("Desired", "integer", _count("spec", "replicas")),
        ("Current", "integer", _count("status", "replicas")),
        ("Ready", "integer", _count("status", "readyReplicas")),
        _AGE,
    ),
    kinds.CLUSTER_ROLES.plural: (_NAME, _CREATED),
    kinds.CLUSTER_ROLE_BINDINGS.plural: (_NAME, ("Role", "string", _role), _AGE),
    kinds.CSI_DRIVERS.plural: (
        _NAME,
        ("AttachRequired", "boolean", _at("spec", "attachRequired")),
        ("PodInfoOnMount", "boolean", _at("spec", "podInfoOnMount")),
        ("StorageCapacity", "boolean", _at("spec", "storageCapacity")),
        ("TokenRequests", "string", _audiences),
        ("RequiresRepublish", "boolean", _at("spec", "requiresRepublish")),
        ("Modes", "string", _modes),
        _AGE,
    ),
    kinds.CSI_NODES.plural: (_NAME, ("Drivers", "integer", _drivers), _AGE),
    kinds.DEFINITIONS.plural: (_NAME, _CREATED),
    kinds.SECRET_PROVIDER_CLASSES.plural: (_NAME, _AGE),
    **{one.plural: (_NAME, _AGE) for one in (kinds.POD_STATUSES, kinds.SECRET_SYNCS, kinds.AKV_SYNCS)},
    kinds.ARC_CLUSTERS.plural: (_NAME, _AGE),
    kinds.SERVICES.plural: (_NAME, ("Type", "string", _at("spec", "type")), _AGE),
    kinds.REPLICATION_CONTROLLERS.plural: (_NAME, ("Desired", "integer", _count("spec", "replicas")), _AGE),
    NODES.plural: (
        _NAME,
        ("Status", "string", _readiness),
        ("Roles", "string", _roles),
        _AGE,
        ("Version", "string", _at("status", "nodeInfo", "kubeletVersion")),
    ),
    LEASES.plural: (_NAME, ("Holder", "string", _at("spec", "holderIdentity")), _AGE),
    EVENTS.plural: (
        ("Last Seen", "string", _last_seen),
        ("Type", "string", _at("type")),
        ("Reason", "string", _at("reason")),
        ("Object", "string", _involved),
        ("Message", "string", _at("message")),
    ),
}
_WIDE = ("IP", "Node", "Nominated Node", "Readiness Gates")
"""[SRC] What kubectl prints with `-o wide` alone."""
_DESCRIPTIONS = {
    "Name": "Name must be unique within a namespace.",
    "Type": "Used to facilitate programmatic handling of secret data.",
    "Data": "Data contains the secret data.",
    "Age": "CreationTimestamp is a timestamp representing the server time when this object was created.",
}


def columns(kind: Kind) -> list[Object]:
    """The columnDefinitions; there is no column for the namespace, kubectl takes it from the rows' objects."""
    return [
        {
            "name": name,
            "type": type_name,
            "format": "name" if name == "Name" else "",
            "description": _DESCRIPTIONS.get(name, ""),
            "priority": int(name in _WIDE),
        }
        for name, type_name, _ in _CELLS[kind.plural]
    ]


def cells(kind: Kind, content: Object, now: datetime) -> list[Any]:
    return [cell(content, now) for _, _, cell in _CELLS[kind.plural]]
