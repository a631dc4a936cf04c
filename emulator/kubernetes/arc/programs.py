"""Objects of programs that run in a cluster: namespaces, definitions, Deployments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Object = dict[str, Any]


def namespace(name: str) -> Object:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
    return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def definition(group: str, plural: str, kind: str, versions: Sequence[str], schema: Object | None = None) -> Object:
    """A CustomResourceDefinition; the first version is the stored one. `schema` is that of its objects' spec."""
    names = {"plural": plural, "kind": kind, "listKind": f"{kind}List", "singular": kind.lower()}
    own = {"type": "object", "properties": {"spec": schema or {"type": "object"}, "status": {"type": "object"}}}
    shown = {"schema": {"openAPIV3Schema": own}} if schema else {}
    listed = [{"name": name, "served": True, "storage": name == versions[0], **shown} for name in versions]
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": listed}
    return {"metadata": {"name": f"{plural}.{group}"}, "spec": spec}


def deployment(
    name: str, namespace: str, labels: Mapping[str, str], containers: Sequence[Object], **template: Any
) -> Object:
    """One pod of these containers; `template` are more fields of its spec."""
    metadata = {"name": name, "namespace": namespace, "labels": dict(labels)}
    pod = {"metadata": {"labels": dict(labels)}, "spec": {"containers": list(containers), **template}}
    return {
        "metadata": metadata,
        "spec": {"replicas": 1, "selector": {"matchLabels": dict(labels)}, "template": pod},
    }
