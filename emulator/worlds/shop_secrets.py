"""What the worlds of the secrets provider have in common: the add-on, a vault, a SecretProviderClass, a pod of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.ids import Ids
from emulator.worlds.secrets_provider import SecretsProvider
from emulator.worlds.secrets_store import SecretsStore
from emulator.worlds.spec import CALLER, TENANT, Cluster, Grant, Secrets, Vault, World
from emulator.worlds.vault_contents import VaultSecret

Object = dict[str, Any]
ADDON_IDENTITY = "azurekeyvaultsecretsprovider-shop"
"""The add-on's identity, as a principal."""
KUBELET = "shop-rg/shop-agentpool"
"""The identity that every node has."""
OBJECT: Mapping[str, str] = {"objectName": "db-pass", "objectType": "secret"}
"""What every class asks for unless it says otherwise."""
KUBELET_READS = Grant(KUBELET, "Key Vault Secrets User", "vault/shop-kv")
READS = Grant(ADDON_IDENTITY, "Key Vault Secrets User", "vault/shop-kv")
VAULT = Vault(secrets=(VaultSecret(),))
_CALLER = (Grant(CALLER, "Owner", "subscription"), Grant(CALLER, "Key Vault Reader", "vault/shop-kv"))
"""Whoever looks may list what is in the vault, and read nothing of it."""
_SMALL = Secrets(count=4, namespaces=("default", "team-a"))


def client_id(world: str, identity: str = ADDON_IDENTITY) -> str:
    """The client id of an identity in a world of this name."""
    ids = Ids(world)
    return ids.uuid("client", ids.principal(identity))


def objects(*wanted: Mapping[str, str]) -> str:
    """`objects` of a class, as people write it."""
    blocks = ("".join(f"    {name}: {value}\n" for name, value in one.items()) for one in wanted)
    return "array:\n" + "".join(f"  - |\n{block}" for block in blocks)


def provider_class(world: str, *, namespace: str = "default", secrets: tuple[Object, ...] = (), **more: Any) -> Object:
    """The class `shop-kv` that uses the add-on's identity. `more` are parameters; one that is None is left out."""
    given = {
        "usePodIdentity": "false",
        "useVMManagedIdentity": "true",
        "userAssignedIdentityID": client_id(world),
        "keyvaultName": "shop-kv",
        "tenantID": TENANT,
        "objects": objects(OBJECT),
        **more,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    spec: Object = {"provider": "azure", "parameters": parameters}
    if secrets:
        spec["secretObjects"] = list(secrets)
    head = {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass"}
    return {**head, "metadata": {"name": "shop-kv", "namespace": namespace}, "spec": spec}


def synced(key: str = "db-pass") -> Object:
    """A Secret to be made of a file."""
    return {"secretName": "shop-synced", "type": "Opaque", "data": [{"objectName": key, "key": "content"}]}


def pod(*, csi: Mapping[str, Any] | None = None, env: str = "", **own: Any) -> Object:
    """A pod `web` that mounts the class; `env` is a Secret that its environment names."""
    volume = {"driver": "secrets-store.csi.k8s.io", "readOnly": True}
    volume |= {"volumeAttributes": {"secretProviderClass": "shop-kv"}, **(csi or {})}
    container: Object = {"name": "web", "image": "mcr.microsoft.com/azurelinux/busybox:1.36"}
    container["command"] = ["sleep", "infinity"]
    container["volumeMounts"] = [{"name": "kv", "mountPath": "/mnt/secrets-store", "readOnly": True}]
    if env:
        reference = {"secretKeyRef": {"name": env, "key": "content"}}
        container["env"] = [{"name": "CONTENT", "valueFrom": reference}]
    spec = {**own, "containers": [container], "volumes": [{"name": "kv", "csi": volume}]}
    metadata = {"name": "web", "namespace": "default", "labels": {"app": "web"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def account(name: str, namespace: str = "default") -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def world(name: str, title: str, *manifests: Object, store: Mapping[str, Any] | None = None, **more: Any) -> World:
    """A world in which everything is well unless something else is said: `store` are fields of the SecretsStore,
    `cluster` those of the cluster, `grants` those of others than the caller, the rest the world's. Without manifests
    there are the class and the pod."""
    applied = manifests or (provider_class(name), pod())
    installed = {"manifests": applied, **(store or {})}
    cluster = {"secrets": _SMALL, "secrets_store": SecretsStore(**installed), **more.pop("cluster", {})}
    if "chart" not in installed:
        cluster.setdefault("secrets_provider", SecretsProvider())
    well = {"clusters": (Cluster(**cluster),), "vaults": (VAULT,)}
    grants = (*_CALLER, *more.pop("grants", (READS,)))
    return World(name=name, title=f"secrets provider: {title}", grants=grants, **{**well, **more})
