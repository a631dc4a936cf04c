"""The cells of Tables: what `kubectl get` prints for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

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
    created = content["metadata"].get("creationTimestamp")
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
    ),
    NODES.plural: (
        _NAME,
        ("Status", "string", _readiness),
        ("Roles", "string", _roles),
        _AGE,
        ("Version", "string", _at("status", "nodeInfo", "kubeletVersion")),
    ),
    LEASES.plural: (_NAME, ("Holder", "string", _at("spec", "holderIdentity")), _AGE),
    EVENTS.plural: (
        ("Last Seen", "string", _age_of),
        ("Type", "string", _at("type")),
        ("Reason", "string", _at("reason")),
        ("Object", "string", _involved),
        ("Message", "string", _at("message")),
    ),
}
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
            "priority": 0,
        }
        for name, type_name, _ in _CELLS[kind.plural]
    ]


def cells(kind: Kind, content: Object, now: datetime) -> list[Any]:
    return [cell(content, now) for _, _, cell in _CELLS[kind.plural]]
