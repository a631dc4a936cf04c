"""What a look at the secrets provider has seen, for checks of classes: one class, one pod, one pool, all in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from azext_akskv.model.access import KEY_VAULT_SECRETS_USER, Grant, Identity
from azext_akskv.model.addon import Addon, AddonIdentity, Issuer
from azext_akskv.model.federation import FederatedCredential, subject_of
from azext_akskv.model.ids import ResourceId, identity_id
from azext_akskv.model.mounts.behind import Behind, ProviderView
from azext_akskv.model.mounts.consumer import ClassVolume, Consumer
from azext_akskv.model.mounts.installed import Installed, Node
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.secret_class import VaultObject as Asked
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.synced import ServiceAccount
from azext_akskv.model.observed import Observed
from azext_akskv.model.provider.reading import Texts
from azext_akskv.model.scale_set import SCALE_SET_TYPE, NodeIdentity, ScaleSet
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.builders import LOCATION, SUBSCRIPTION, TENANT, VAULT, a_snapshot, a_vault

NODE_GROUP = "MC_rg1"
CLIENT, OBJECT = "5c1d2a7e-0000-4000-8000-0000000000c1", "5c1d2a7e-0000-4000-8000-0000000000b1"
OTHER_CLIENT, OTHER_OBJECT = "5c1d2a7e-0000-4000-8000-0000000000c2", "5c1d2a7e-0000-4000-8000-0000000000b2"
ADDON_ID = identity_id(SUBSCRIPTION, NODE_GROUP, "azurekeyvaultsecretsprovider-prod")
SHOP_ID = identity_id(SUBSCRIPTION, "rg-shop", "id-shop")
ON_NODES = NodeIdentity(ADDON_ID, CLIENT, OBJECT)
KUBELETS = NodeIdentity(
    identity_id(SUBSCRIPTION, NODE_GROUP, "prod-agentpool"),
    "5c1d2a7e-0000-4000-8000-0000000000c3",
    "5c1d2a7e-0000-4000-8000-0000000000b3",
)
SHOPS = Identity(SHOP_ID, OTHER_OBJECT, OTHER_CLIENT, LOCATION, TENANT)
ISSUER = "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"
FEDERATED = FederatedCredential("shop-web", ISSUER, subject_of("shop", "web"))
NODE_MODE = {"useVMManagedIdentity": "true", "userAssignedIdentityID": CLIENT}
WORKLOAD_MODE = {"clientID": OTHER_CLIENT}
DB_PASS = VaultObject(ObjectType.SECRET, "db-pass", enabled=True)


def a_class(name: str = "spc-db", **parameters: str | None) -> SecretProviderClass:
    """As the node's identity, with one secret; parameters of None are left out."""
    good: dict[str, str | None] = {"keyvaultName": "kv1", "tenantID": TENANT, "objects": "array: ..."}
    worker = {} if {"clientID", "useVMManagedIdentity", "usePodIdentity"} & set(parameters) else NODE_MODE
    given = {each: value for each, value in {**good, **worker, **parameters}.items() if value is not None}
    return SecretProviderClass("shop", name, "v1", "azure", given, (Asked(0, "db-pass", "secret"),))


def with_objects(one: SecretProviderClass, *objects: Asked) -> SecretProviderClass:
    return replace(one, objects=objects)


def a_pod(class_name: str = "spc-db", name: str = "web-1", **fields: Any) -> Consumer:
    good: dict[str, Any] = {"node": "node-1", "service_account": "web", "use_workload_identity": "true"}
    good["volumes"] = (ClassVolume("kv", class_name, read_only=True),)
    return Consumer("shop", name, **{**good, **fields})


def a_pool(name: str = "nodepool1", *identities: NodeIdentity, system: str = "") -> ScaleSet:
    own = ResourceId(SUBSCRIPTION, NODE_GROUP, SCALE_SET_TYPE, (f"aks-{name}-31337000-vmss",))
    return ScaleSet(own, name, identities or (KUBELETS, ON_NODES), system, "Linux")


def a_role(role: str = KEY_VAULT_SECRETS_USER, **fields: Any) -> Grant:
    return replace(Grant(role, str(VAULT), OBJECT), **fields)


def a_behind(**fields: Any) -> Behind:
    """What is given goes over what is in order. Values of observed maps are wrapped unless they are Observed."""
    good: dict[str, Any] = {
        "addon": Addon(True, True, identity=AddonIdentity(CLIENT, OBJECT, ADDON_ID)),
        "issuer": Issuer(True, ISSUER),
        "workload_identity": True,
        "scale_sets": (a_pool(),),
        "vaults": {"kv1": a_vault()},
        "objects": {("kv1", of): (DB_PASS,) if of is ObjectType.SECRET else () for of in ObjectType},
        "identities": (SHOPS,),
        "federated": {OTHER_CLIENT: (FEDERATED,)},
        "grants": {("kv1", OBJECT): (a_role(),), ("kv1", OTHER_OBJECT): (a_role(principal_id=OTHER_OBJECT),)},
    }
    plain = ("addon", "issuer", "workload_identity", "definitions")
    return Behind(**{name: each if name in plain else _seen(each) for name, each in {**good, **fields}.items()})


def _seen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _seen(each) for key, each in value.items()}
    return value if isinstance(value, Observed) else Observed(value)


def a_view(*classes: SecretProviderClass, seen: dict[str, Any] | None = None, **behind: Any) -> ProviderView:
    """`seen`: parts of the cluster's side, as values or Observed."""
    given = {
        "classes": classes or (a_class(),),
        "consumers": (a_pod(),),
        "mounted": (),
        "events": (),
        "kind_known": True,
        **(seen or {}),
    }
    accounts = given.pop("accounts", (ServiceAccount("shop", "web", OTHER_CLIENT, TENANT),))
    nodes = given.pop("nodes", (Node("node-1", "linux", "nodepool1"),))
    installed = Installed(_seen(nodes), Observed(()), Observed({}), Observed(None))
    sections = {name: _seen(each) for name, each in given.items()}
    return ProviderView(
        Seen(namespace=None, installed=installed, accounts={"shop": _seen(accounts)}, **sections),
        a_behind(**behind),
        Texts().reading(),
    )


def looked_at(*classes: SecretProviderClass, seen: dict[str, Any] | None = None, **behind: Any) -> Snapshot:
    """The snapshot of a_view."""
    return of_view(a_view(*classes, seen=seen, **behind))


def of_view(view: ProviderView, **sections: Any) -> Snapshot:
    return a_snapshot(Wanted("diagnose"), provider=view, **sections)
