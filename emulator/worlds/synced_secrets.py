"""What the worlds of the Secret Store extension have in common: a K3s cluster, a vault, an identity, two objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.worlds.arc import Change, Extension, K3s
from emulator.worlds.secrets_provider import Federation
from emulator.worlds.shop_secrets import client_id, objects
from emulator.worlds.spec import CALLER, TENANT, Grant, Vault, World
from emulator.worlds.vault_contents import VaultSecret

Object = dict[str, Any]
NAMESPACE, ACCOUNT, IDENTITY, NAME = "shop", "shop-sync", "shop-id", "db-pass"
"""NAME is that of the secret, of the SecretSync, and of the Secret."""
CLASS = "shop-kv"
SUBJECT = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
_VAULT = "vault/shop-kv"
READS = (Grant(IDENTITY, "Key Vault Reader", _VAULT), Grant(IDENTITY, "Key Vault Secrets User", _VAULT))
"""[D] The two roles of the document."""
OPERATOR = (Grant(CALLER, "Owner", "subscription"), Grant(CALLER, "Key Vault Secrets Officer", _VAULT))
TWO_VERSIONS = VaultSecret(NAME, versions=2)
OTHER = VaultSecret("api-key")
VAULT = Vault(keys=(), secrets=(TWO_VERSIONS, OTHER))
TRUSTED = Federation(IDENTITY, subject=SUBJECT, name="shop-sync", cluster="edge")
PREVIEW = Extension(version="0.10.0", train="preview")
"""An extension of the days of the document."""
HISTORY: Mapping[str, str] = {"objectName": NAME, "objectType": "secret", "objectVersionHistory": "2"}
TWO_ITEMS = ((f"{NAME}/0", "current"), (f"{NAME}/1", "previous"))


def namespace(name: str = NAMESPACE) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def account(name: str = ACCOUNT, where: str = NAMESPACE) -> Object:
    metadata = {"name": name, "namespace": where}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def provider_class(world: str, *wanted: Mapping[str, str], where: str = NAMESPACE, **more: str) -> Object:
    """The class of the document. `more` are parameters."""
    parameters = {
        "clientID": client_id(world, IDENTITY),
        "keyvaultName": "shop-kv",
        "tenantID": TENANT,
        "objects": objects(*(wanted or (HISTORY,))),
        **more,
    }
    spec = {"provider": "azure", "parameters": parameters}
    metadata = {"name": CLASS, "namespace": where}
    head = {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass"}
    return {**head, "metadata": metadata, "spec": spec}


def secret_sync(*items: tuple[str, str], name: str = NAME, kind: str = "Opaque", **more: Any) -> Object:
    """The SecretSync of the document; `items` are pairs of sourcePath and targetKey. `more` are members of its spec."""
    data = [{"sourcePath": source, "targetKey": target} for source, target in items or TWO_ITEMS]
    spec: Object = {"serviceAccountName": ACCOUNT, "secretProviderClassName": CLASS}
    spec |= {"secretObject": {"type": kind, "data": data}, **more}
    return {**_head(), "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def secret(
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owners: tuple[Mapping[str, str], ...] = (),
) -> Object:
    """A Secret of the same name that somebody has made by hand."""
    metadata: Object = {"name": NAME, "namespace": NAMESPACE}
    metadata |= {"ownerReferences": [dict(one) for one in owners]} if owners else {}
    metadata |= {"labels": dict(labels)} if labels else {}
    metadata |= {"annotations": dict(annotations)} if annotations else {}
    data = {"current": "Y29ycmVjdC1ob3JzZS1ieS1oYW5k"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def change(does: str, manifest: Mapping[str, Any], **given: Any) -> Change:
    """Something that was done to the object of a manifest; `given` are members of it, for `merge`."""
    metadata = {name: manifest["metadata"][name] for name in ("name", "namespace") if name in manifest["metadata"]}
    metadata |= given.pop("metadata", {})
    head = {name: manifest[name] for name in ("apiVersion", "kind")}
    return Change(does, manifest if does == "apply" else {**head, "metadata": metadata, **given})


def world(name: str, title: str, *manifests: Object, **more: Any) -> World:
    """A world in which everything is well unless something else is said: `cluster` are fields of the K3s cluster,
    `extension` the Secret Store's (None: not installed), `grants` those of others than the caller, the rest the
    world's. Without manifests there are those of the document."""
    applied = manifests or (namespace(), account(), provider_class(name), secret_sync())
    extension = more.pop("extension", Extension())
    cluster = {"extensions": (extension,) if extension else (), "manifests": applied, **more.pop("cluster", {})}
    well = {"clusters": (), "vaults": (VAULT,), "outside": (K3s(**cluster),), "federations": (TRUSTED,)}
    grants = (*OPERATOR, *more.pop("grants", READS))
    return World(name=name, title=f"secret store: {title}", grants=grants, **{**well, **more})


def before_extension(name: str, title: str, **more: Any) -> World:
    """A world without the extension; vault, identity, namespace and account are there unless something else is said."""
    return world(name, title, namespace(), account(), extension=None, **more)


def as_of(world_of_today: World, name: str, extension: Extension) -> World:
    """The same with another extension, in whose words the statuses are then. Its ids are those of its own name."""
    cluster = replace(world_of_today.outside[0], extensions=(extension,))
    was, now = client_id(world_of_today.name, IDENTITY), client_id(name, IDENTITY)
    manifests = tuple(_replaced(one, was, now) for one in cluster.manifests)
    later = tuple(replace(one, manifest=_replaced(one.manifest, was, now)) for one in cluster.later)
    cluster = replace(cluster, manifests=manifests, later=later)
    title = f"{world_of_today.title}, in the words of {_whose(extension)}"
    return replace(world_of_today, name=name, title=title, outside=(cluster, *world_of_today.outside[1:]))


def _whose(extension: Extension) -> str:
    if extension.reasons:
        return f"the {'released' if extension.reasons == 'open' else 'newest'} open source"
    return f"version {extension.version}"


def _replaced(value: Any, was: str, now: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(one, was, now) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(one, was, now) for one in value]
    return value.replace(was, now) if isinstance(value, str) else value


def _head() -> Object:
    return {"apiVersion": "secret-sync.x-k8s.io/v1alpha1", "kind": "SecretSync"}
