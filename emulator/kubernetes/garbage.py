"""What goes with what it belonged to: objects of definitions, and Secrets of owners, that are gone. [SRC]"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.kubernetes.encryption import TransformError
from emulator.kubernetes.kinds import BY_KIND, SECRETS, STORED, Kind, Target
from emulator.kubernetes.registry import Registry

Object = dict[str, Any]


def collect(registry: Registry, serves: Callable[[Kind], bool]) -> None:
    """[OWN] Of owned objects only Secrets are looked at here; the pods of Deployments have somebody else. What has a
    finalizer stays."""
    storage = registry.storage
    for kind in (kind for kind in STORED if kind.custom and not serves(kind)):
        for key, _ in list(storage.range(kind.prefix(None), "", storage.revision)):
            storage.delete(key)
    for key, entry in list(storage.range(SECRETS.prefix(None), "", storage.revision)):
        try:
            metadata = registry.content(SECRETS, key, entry)["metadata"]
        except TransformError:
            continue
        owners = metadata.get("ownerReferences") or []
        custom = [one for one in owners if _kind(one) is not None and _kind(one).custom]  # type: ignore[union-attr]  # it is not None there
        if custom and not metadata.get("finalizers") and not any(_lives(registry, metadata, one) for one in owners):
            storage.delete(key)


def release(registry: Registry, owner: Object) -> None:
    """What a deletion with `propagationPolicy: Orphan` does first: those that the object owned have an owner less."""
    storage, uid = registry.storage, owner["metadata"]["uid"]
    for key, entry in list(storage.range(SECRETS.prefix(None), "", storage.revision)):
        try:
            metadata = registry.content(SECRETS, key, entry)["metadata"]
        except TransformError:
            continue
        owners = metadata.get("ownerReferences") or []
        others = [one for one in owners if one.get("uid") != uid]
        if len(others) < len(owners):
            registry.update(Target(SECRETS, metadata["namespace"], metadata["name"]), _owned_by(others))


def _owned_by(owners: list[Object]) -> Callable[[Object], Object]:
    return lambda old: {**old, "metadata": {**old["metadata"], "ownerReferences": owners}}


def _kind(owner: Object) -> Kind | None:
    return BY_KIND.get((str(owner.get("apiVersion")), str(owner.get("kind"))))


def _lives(registry: Registry, metadata: Object, owner: Object) -> bool:
    """Whether an owner is there, as the same object; of a kind that nobody knows it is not asked."""
    kind = _kind(owner)
    if kind is None:
        return True
    key = kind.key(metadata.get("namespace") if kind.namespaced else None, str(owner.get("name")))
    entry = registry.storage.get(key)
    return entry is not None and registry.content(kind, key, entry)["metadata"]["uid"] == owner.get("uid")
