"""AKVSync: one object from which the controller makes a SecretProviderClass and the SecretSyncs. [D]"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from emulator.core.http import Refusal
from emulator.kubernetes.kinds import AKV_SYNCS, SECRET_PROVIDER_CLASSES, SECRET_SYNCS, Kind, Target

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
_OPAQUE, _TLS = "Opaque", "kubernetes.io/tls"


def generate(server: K3sServer, there: Sequence[Object]) -> None:
    """Makes what is missing, changes what is another, and takes away what no AKVSync is there for any more. [D] What
    somebody else has made under such a name is left alone."""
    for one in there:
        for kind, content in _objects(one):
            _put(server, kind, content)
    uids = {one["metadata"]["uid"] for one in there}
    storage = server.registry.storage
    for kind in (SECRET_SYNCS, SECRET_PROVIDER_CLASSES):
        for key, entry in list(storage.range(kind.prefix(None), "", storage.revision)):
            owners = server.registry.content(kind, key, entry)["metadata"].get("ownerReferences") or []
            if owners and all(one["kind"] == AKV_SYNCS.kind and one["uid"] not in uids for one in owners):
                storage.delete(key)


def report(server: K3sServer, there: Sequence[Object]) -> None:
    """[D] The AKVSync tells of all that was made from it."""
    for one in there:
        statuses = []
        for kind, content in _objects(one):
            metadata = content["metadata"]
            key = kind.key(metadata["namespace"], metadata["name"])
            entry = server.registry.storage.get(key) if kind is SECRET_SYNCS else None
            if entry is not None:
                status = server.registry.content(kind, key, entry).get("status") or {}
                statuses.append({"name": metadata["name"], "conditions": status.get("conditions") or []})
        if (one.get("status") or {}).get("secretSyncs") != statuses:
            server.registry.restore(AKV_SYNCS, {**one, "status": {"secretSyncs": statuses}})  # [INF] the member's name


def _put(server: K3sServer, kind: Kind, content: Object) -> None:
    metadata, registry = content["metadata"], server.registry
    target = Target(kind, metadata["namespace"], metadata["name"])
    entry = registry.storage.get(kind.key(target.namespace, metadata["name"]))
    try:
        if entry is None:
            registry.create(target, content)
            return
        old = registry.get(target).content()
        if old["metadata"].get("ownerReferences") == metadata["ownerReferences"] and old["spec"] != content["spec"]:
            registry.update(target, lambda found: {**found, "spec": content["spec"]})
    except Refusal:  # [INF] it stays as it is, and is tried again
        return


def _objects(one: Object) -> Iterator[tuple[Kind, Object]]:
    metadata, spec = one["metadata"], one["spec"]
    owner = {"apiVersion": AKV_SYNCS.api_version, "kind": AKV_SYNCS.kind, "name": metadata["name"]}
    owner |= {"uid": metadata["uid"]}

    def head(name: str) -> Object:
        return {"name": name, "namespace": metadata["namespace"], "ownerReferences": [owner]}

    parameters = {name: spec[name] for name in ("clientID", "keyvaultName", "tenantID")}
    blocks = [yaml.safe_dump(block, sort_keys=False) for each in spec["objects"] for block in _blocks(each)]
    parameters["objects"] = yaml.safe_dump({"array": list(dict.fromkeys(blocks))})
    yield (
        SECRET_PROVIDER_CLASSES,
        {
            "metadata": head(metadata["name"]),
            "spec": {"provider": "azure", "parameters": parameters},
        },
    )
    for each in spec["objects"]:
        for name, wanted in _secrets(each):
            body = {"serviceAccountName": spec["serviceAccountName"], "secretProviderClassName": metadata["name"]}
            yield SECRET_SYNCS, {"metadata": head(name), "spec": {**body, "secretObject": wanted}}


def _blocks(each: Object) -> Iterator[Object]:
    """The objects of the vault."""
    for item in each.get("mapping") or [each]:
        name = item.get("secretInAKV") or item.get("certInAKV")
        block: Object = {"objectName": name, "objectType": "secret"}
        if item.get("version"):
            block["objectVersion"] = item["version"]
        if int(each.get("versionHistory") or 1) > 1:
            block["objectVersionHistory"] = int(each["versionHistory"])
        yield block


def _secrets(each: Object) -> Iterator[tuple[str, Object]]:
    """[D] The Secrets of one entry: keys v0, v1, ... of a secret; of a certificate one Secret for each version."""
    more = {name: each[name] for name in ("labels", "annotations") if each.get(name)}
    history = int(each.get("versionHistory") or 1)
    if each.get("mapping"):
        data = [
            {"sourcePath": item.get("secretInAKV") or item["certInAKV"], "targetKey": item["dataKey"]}
            for item in each["mapping"]
        ]
        yield each["kubernetesSecretName"], {"type": each.get("kubernetesSecretType", _OPAQUE), "data": data, **more}
        return
    source = each.get("secretInAKV") or each["certInAKV"]
    name = each.get("kubernetesSecretName") or source.lower()
    paths = [source] if history < 2 else [f"{source}/{at}" for at in range(history)]
    if each.get("certInAKV"):
        for at, path in enumerate(paths):
            data = [{"sourcePath": path, "targetKey": key} for key in ("tls.crt", "tls.key")]
            yield name if history < 2 else f"{name}-v{at}", {"type": _TLS, "data": data, **more}
        return
    data = [{"sourcePath": path, "targetKey": f"v{at}"} for at, path in enumerate(paths)]
    yield name, {"type": each.get("kubernetesSecretType", _OPAQUE), "data": data, **more}
