"""What kubectl asks before anything else: the groups, versions and resources that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.kubernetes.kinds import Kind

Object = dict[str, Any]

_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_REVIEWS = "authorization.k8s.io"


def document(path: str, kinds: Sequence[Kind]) -> Object | None:
    """The discovery document at a path for the kinds that are served; None where there is none."""
    parts = path.strip("/").split("/")
    groups = sorted({kind.group for kind in kinds if kind.group} | {_REVIEWS})
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if parts == ["apis"]:
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(one, kinds) for one in groups]}
    if parts == ["api", "v1"]:
        return _resources("", "v1", kinds)
    if parts[0] == "apis" and len(parts) in (2, 3) and parts[1] in groups:
        if len(parts) == 2:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], kinds)}
        return _resources(parts[1], parts[2], kinds) if parts[2] in _versions(parts[1], kinds) else None
    return None


def _versions(group: str, kinds: Sequence[Kind]) -> list[str]:
    """[SRC] The preferred one first."""
    return sorted({kind.version for kind in kinds if kind.group == group} or {"v1"}, key=len)


def _group(group: str, kinds: Sequence[Kind]) -> Object:
    versions = [{"groupVersion": f"{group}/{one}", "version": one} for one in _versions(group, kinds)]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resources(group: str, version: str, kinds: Sequence[Kind]) -> Object:
    found: list[Object] = [
        {
            "name": kind.plural,
            "singularName": kind.kind.lower(),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": _VERBS,
            **({"shortNames": list(kind.short_names)} if kind.short_names else {}),
        }
        for kind in kinds
        if (kind.group, kind.version) == (group, version)
    ]
    if not group:
        found.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    if group == _REVIEWS:
        found = [
            {"name": f"{kind.lower()}s", "singularName": "", "namespaced": False, "kind": kind, "verbs": ["create"]}
            for kind in ("SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview")
        ]
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": found}
