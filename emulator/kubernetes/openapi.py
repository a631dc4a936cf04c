"""As much of OpenAPI as kubectl reads: v3 says that writes know fieldValidation, so that it leaves the validation of
manifests to the server; for a List it asks v2, in protobuf, and does not validate kinds that are not in there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.kubernetes.kinds import Kind

Object = dict[str, Any]

V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
V2_DOCUMENT = b"\x0a\x032.0"
"""An OpenAPI v2 document with nothing in it but its version, in protobuf."""

_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def document(path: str, kinds: Sequence[Kind]) -> Object | None:
    """The index at `/openapi/v3`, or the paths of a group and version; None for anything else."""
    served = {("apis/" if kind.group else "api/") + kind.api_version for kind in kinds}
    name = path.strip("/").removeprefix("openapi/v3").strip("/")
    if path.rstrip("/") == "/openapi/v3":
        return {"paths": {gv: {"serverRelativeURL": f"/openapi/v3/{gv}"} for gv in sorted(served)}}
    if not path.startswith("/openapi/v3/") or name not in served:
        return None
    here = [kind for kind in kinds if name == ("apis/" if kind.group else "api/") + kind.api_version]
    paths = {_path(name, kind): {"patch": _patch(kind)} for kind in here}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths, "components": {}}


def _path(group_version: str, kind: Kind) -> str:
    middle = "/namespaces/{namespace}" if kind.namespaced else ""
    return f"/{group_version}{middle}/{kind.plural}/{{name}}"


def _patch(kind: Kind) -> Object:
    named = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    responses = {"200": {"description": "OK"}}
    return {"parameters": _PARAMETERS, "responses": responses, "x-kubernetes-group-version-kind": named}
