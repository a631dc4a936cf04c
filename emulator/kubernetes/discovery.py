"""What kubectl asks before anything else: the groups, versions and resources that there are."""

from __future__ import annotations

from typing import Any

from emulator.kubernetes.kinds import KINDS

Object = dict[str, Any]

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_REVIEWS = "authorization.k8s.io"
_GROUPS = sorted({kind.group for kind in KINDS if kind.group} | {_REVIEWS})


def document(path: str) -> Object | None:
    """The discovery document at a path; None where there is none."""
    parts = path.strip("/").split("/")
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if parts == ["apis"]:
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in _GROUPS]}
    if parts == ["api", "v1"]:
        return _resources("", "v1")
    if parts[0] == "apis" and len(parts) in (2, 3) and parts[1] in _GROUPS:
        if len(parts) == 2:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1])}
        return _resources(parts[1], "v1") if parts[2] == "v1" else None
    return None


def _group(group: str) -> Object:
    version = {"groupVersion": f"{group}/v1", "version": "v1"}
    return {"name": group, "versions": [version], "preferredVersion": version}


def _resources(group: str, version: str) -> Object:
    found: list[Object] = [
        {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": _VERBS,
            **({"shortNames": list(kind.short_names)} if kind.short_names else {}),
        }
        for kind in KINDS
        if (kind.group, kind.version) == (group, version)
    ]
    if not group:
        found.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    if group == _REVIEWS:
        found = [
            {"name": f"{kind.lower()}s", "singularName": "", "namespaced": False, "kind": kind, "verbs": ["create"]}
            for kind in ("SelfSubjectAccessReview", "SelfSubjectRulesReview")
        ]
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": found}
