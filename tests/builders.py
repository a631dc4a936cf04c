"""One-line makers of what tests speak about: sensible everywhere, and only what matters is named."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.cluster import Cluster, parse_cluster
from azext_akskv.model.governance import Held, Login, LoginKind, Permission, group_of
from azext_akskv.model.ids import KeyId, ResourceId, cluster_id, identity_id, vault_id
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.maintenance import Maintenance
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import SecretCensus, Snapshot, Wanted
from azext_akskv.model.upgrade import Offer
from azext_akskv.model.vault import Vault, parse_vault

Json = dict[str, Any]

NOW = datetime(2026, 11, 22, 14, 45, tzinfo=timezone.utc)
SUBSCRIPTION = "5c1d2a7e-0000-4000-8000-000000000001"
TENANT = "5c1d2a7e-0000-4000-8000-00000000000f"
PRINCIPAL = "5c1d2a7e-0000-4000-8000-0000000000aa"
GROUP, LOCATION, HOST = "rg1", "westeurope", "kv1.vault.azure.net"
TARGET = cluster_id(SUBSCRIPTION, GROUP, "prod")
VAULT = vault_id(SUBSCRIPTION, GROUP, "kv1")
IDENTITY = identity_id(SUBSCRIPTION, GROUP, "id1")
KEY = KeyId(HOST, "etcd", "7f3a0000000000000000000000000001")
OTHER_KEY = KeyId(HOST, "etcd", "91bc0000000000000000000000000002")


def cluster_json(
    *, kms: KeyId | None = None, enabled: bool | None = None, private: bool = False, renewed: bool = False
) -> Json:
    """A running, settled 1.30 cluster with a user-assigned identity. `kms` alone: on with that key."""
    on = bool(kms) if enabled is None else enabled
    profile = {"enabled": on, "keyId": str(kms), "keyVaultNetworkAccess": "Private" if private else "Public"}
    security: Json = {"azureKeyVaultKms": profile | ({"keyVaultResourceId": str(VAULT)} if private else {})}
    if kms is None:
        security = {}
    if renewed:
        security["kubernetesResourceObjectEncryptionProfile"] = {"infrastructureEncryption": "Enabled"}
    return {
        "id": str(TARGET),
        "name": TARGET.name,
        "location": LOCATION,
        "eTag": "1",
        "tags": {"team": "shop"},
        "identity": {
            "type": "UserAssigned",
            "tenantId": TENANT,
            "userAssignedIdentities": {str(IDENTITY): {"principalId": PRINCIPAL, "clientId": "c"}},
        },
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.30",
            "currentKubernetesVersion": "1.30.4",
            "nodeResourceGroup": "MC_rg1",
            "securityProfile": security,
            "apiServerAccessProfile": {"enableVnetIntegration": private},
        },
    }


def a_cluster(raw: Json | None = None, at: datetime = NOW, **properties: Any) -> Cluster:
    """`properties` go over those of the JSON; `tags` and `identity` are the cluster's own."""
    document = copy.deepcopy(raw or cluster_json())
    for name in ("tags", "identity"):
        if name in properties:
            document[name] = properties.pop(name)
    document["properties"].update(properties)
    return parse_cluster(document, at)


def vault_json(*, rbac: bool = True, public: str = "Enabled", default_action: str = "Allow") -> Json:
    return {
        "id": str(VAULT),
        "location": LOCATION,
        "properties": {
            "tenantId": TENANT,
            "vaultUri": f"https://{HOST}/",
            "enableRbacAuthorization": rbac,
            "enableSoftDelete": True,
            "enablePurgeProtection": True,
            "publicNetworkAccess": public,
            "networkAcls": {"defaultAction": default_action, "bypass": "AzureServices"},
            "accessPolicies": [],
            "provisioningState": "Succeeded",
        },
    }


def a_vault(raw: Json | None = None, at: datetime = NOW, **properties: Any) -> Vault:
    document = copy.deepcopy(raw or vault_json())
    document["properties"].update(properties)
    return parse_vault(document, at)


def policy(principal: str = PRINCIPAL, *permissions: str) -> Json:
    return {"tenantId": TENANT, "objectId": principal, "permissions": {"keys": list(permissions)}}


def a_key(key: KeyId = KEY, *, expires_in_days: float | None = None, **fields: Any) -> KeyVersion:
    expires = NOW + timedelta(days=expires_in_days) if expires_in_days is not None else None
    good = {"kind": "RSA", "operations": frozenset({"encrypt", "decrypt", "wrapKey", "unwrapKey"}), "enabled": True}
    return KeyVersion(key, **{**good, "size_bits": 2048, "created": NOW, "expires": expires, **fields})


def an_identity(identity: ResourceId = IDENTITY, principal: str = PRINCIPAL) -> Identity:
    return Identity(identity, principal, "client", LOCATION, TENANT)


def a_grant(role: str, *, minutes_ago: float = 600, scope: ResourceId = VAULT) -> Grant:
    return Grant(role, str(scope), PRINCIPAL, NOW - timedelta(minutes=minutes_ago))


def a_snapshot(wanted: Wanted | None = None, **sections: Any) -> Snapshot:
    """Everything in order for `enable`; a section is given as its value, or as an Observed."""
    good: dict[str, Any] = {
        "cluster": a_cluster(),
        "vault": a_vault(),
        "vault_soft_deleted": False,
        "key": a_key(),
        "key_in_use": None,
        "newest": None,
        "key_soft_deleted": False,
        "identity": an_identity(),
        "grants": (),
        "api_server": True,
        "secrets": SecretCensus(300, 12),
        "switch": None,
        "holder": None,
        "neighbours": (),
        "maintenance": Maintenance((), ()),
        "upgrades": Offer((), {}),
        "audited": True,
        "login": Login(LoginKind.MANAGED_IDENTITY, NOW + timedelta(hours=24)),
        "locks": (),
    }
    named = ["unfinished", "accepted", "former_keys", "refusals", "missing_rights", "rehearsal"]
    named += ["own_runs", "inside", "lacks_for_run_command", "run_command_trouble"]
    plain = {name: sections.pop(name) for name in named if name in sections}
    seen = {
        name: value if isinstance(value, Observed) else Observed(value) for name, value in {**good, **sections}.items()
    }
    wanted = wanted or Wanted("enable", vault="kv1", key="etcd")
    snapshot = Snapshot(taken_at=NOW, target=TARGET, wanted=wanted, **seen, **plain)
    return snapshot if "held" in sections else replace(snapshot, held=Observed(all_rights()))


def all_rights() -> tuple[Held, ...]:
    """An Owner's, everywhere."""
    scopes = (str(TARGET), str(VAULT), str(IDENTITY), group_of(TARGET))
    return tuple(Held(scope, (Permission(("*",)),)) for scope in scopes)


def snapshot_with_kms_on(flow: str = "show", **sections: Any) -> Snapshot:
    """KMS is on with KEY, and nothing is wrong."""
    on = {"cluster": a_cluster(cluster_json(kms=KEY)), "key_in_use": a_key(), "newest": a_key()}
    return a_snapshot(Wanted(flow), **{**on, **sections})
