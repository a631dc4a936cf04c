"""A managed cluster as its KMS state needs it, and the decoder for ARM's JSON."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from azext_akskv.model.ids import BadInput, KeyId, ResourceId, in_short
from azext_akskv.model.members import Json, child, children, flag, labels, text, whole

FIRST_V2_MINOR = (1, 27)
"""From Kubernetes 1.27 on legacy KMS runs as KMS v2. [AKS docs, use-kms-v2]"""

FIRST_RENEWED_MINOR = (1, 33)
"""From there on there is the new KMS data encryption. [AKS docs, kms-data-encryption]"""

ENCRYPTION = "kubernetesResourceObjectEncryptionProfile"
PLATFORMS = "platform"
"""Stands for the platform's own key where keys are named."""

READ_ONLY = ("id", "name", "type", "eTag", "etag", "systemData")
READ_ONLY_PROPERTIES = (
    "provisioningState",
    "powerState",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "currentKubernetesVersion",
    "maxAgentPools",
    "resourceUID",
    "controlPlanePluginProfiles",
)
READ_ONLY_OF_POOLS = ("provisioningState", "currentOrchestratorVersion", "eTag")
"""What `az aks update` leaves out of its PUT in every recorded pair of a GET and a PUT; the service keeps it. [REC]"""


class Experience(str, Enum):
    """Which KMS a cluster is on; the values are those of `kms show`."""

    NEVER = "never"
    OFF = "off"
    LEGACY_V1 = "legacy-v1"
    LEGACY_V2 = "legacy-v2"
    PLATFORM_MANAGED = "platform-managed"
    CUSTOMER_MANAGED = "customer-managed"

    @property
    def legacy(self) -> bool:
        return self in (Experience.LEGACY_V1, Experience.LEGACY_V2)

    @property
    def renewed(self) -> bool:
        """The new KMS data encryption, from which no way leads back."""
        return self in (Experience.PLATFORM_MANAGED, Experience.CUSTOMER_MANAGED)


@dataclass(frozen=True)
class KmsProfile:
    """`properties.securityProfile.azureKeyVaultKms`; after a disable the other fields may linger."""

    enabled: bool
    key: KeyId | None = None
    network_access: str | None = None
    vault: ResourceId | None = None


@dataclass(frozen=True)
class ClusterIdentity:
    """The control plane's identity: the one that KMS uses (never the kubelet's, never an add-on's)."""

    kind: str
    """`UserAssigned`, `SystemAssigned`, or `ServicePrincipal` when the cluster has no managed identity."""
    id: ResourceId | None = None
    principal_id: str | None = None


@dataclass(frozen=True)
class Cluster:
    """One read of a cluster. `raw` is ARM's JSON, untouched, for the PUT that gives it back."""

    id: ResourceId
    location: str
    kubernetes_version: str
    experience: Experience
    kms: KmsProfile
    identity: ClusterIdentity
    provisioning_state: str
    power_state: str
    vnet_integration: bool
    private: bool
    managed_entra: bool
    local_accounts_disabled: bool
    node_resource_group: str
    run_command: bool
    """Whether `az aks command invoke` is allowed."""
    auto_upgrades: str
    """The channel by which the cluster upgrades itself; empty: it does not."""
    tags: Mapping[str, str]
    etag: str | None
    seen_at: datetime
    """The service's own time (`Date` header) of the answer."""
    raw: Json = field(repr=False, compare=False)
    api_servers: frozenset[str] = frozenset()
    """The names of its API server: public, private, or both."""
    tenant: str | None = None
    knows_renewed: bool = True
    """False when the cloud does not know `kubernetesResourceObjectEncryptionProfile`: its absence then says nothing."""

    @property
    def settled(self) -> bool:
        return self.provisioning_state == "Succeeded"

    @property
    def running(self) -> bool:
        return self.power_state == "Running"

    @property
    def key_in_force(self) -> str:
        """What a Switch calls `key`: the key identifier, "platform", or "off"."""
        if self.experience is Experience.PLATFORM_MANAGED:
            return PLATFORMS
        return str(self.kms.key or "") if self.kms.enabled else "off"

    @property
    def kms_v1(self) -> bool:
        return minor_of(self.kubernetes_version) < FIRST_V2_MINOR


def minor_of(version: str) -> tuple[int, int]:
    """(1, 30) of "1.30.4" or "1.30". Raises BadInput otherwise."""
    match = re.match(r"v?(\d{1,4})\.(\d{1,4})", version, re.ASCII)
    if not match:
        raise BadInput(f"not a Kubernetes version: {in_short(version)}")
    return int(match[1]), int(match[2])


def parse_cluster(raw: Json, seen_at: datetime, *, tenant: str | None = None, knows_renewed: bool = True) -> Cluster:
    """Raises BadInput when the JSON is not a managed cluster."""
    properties = child(whole(raw), "properties")
    version = text(properties, "currentKubernetesVersion") or text(properties, "kubernetesVersion")
    kms = parse_kms(properties)
    api_server = child(properties, "apiServerAccessProfile")
    minor_of(version)
    return Cluster(
        id=ResourceId.parse(text(raw, "id")),
        location=text(raw, "location"),
        kubernetes_version=version,
        experience=experience_of(properties, kms, version),
        kms=kms,
        identity=parse_identity(raw),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
        power_state=text(child(properties, "powerState"), "code") or "Running",
        vnet_integration=bool(flag(api_server, "enableVnetIntegration")),
        private=bool(flag(api_server, "enablePrivateCluster")),
        managed_entra=bool(flag(child(properties, "aadProfile"), "managed")),
        local_accounts_disabled=bool(flag(properties, "disableLocalAccounts")),
        node_resource_group=text(properties, "nodeResourceGroup"),
        run_command=not flag(api_server, "disableRunCommand"),
        auto_upgrades=upgrade_channel(properties),
        tags=labels(raw, "tags"),
        etag=text(raw, "eTag") or text(raw, "etag") or None,
        seen_at=seen_at,
        raw=raw,
        api_servers=frozenset(filter(None, (text(properties, "fqdn"), text(properties, "privateFQDN")))),
        tenant=text(child(raw, "identity"), "tenantId") or tenant,
        knows_renewed=knows_renewed,
    )


def upgrade_channel(properties: Json) -> str:
    """`autoUpgradeProfile.upgradeChannel`, whose `none` is the same as its absence."""
    channel = text(child(properties, "autoUpgradeProfile"), "upgradeChannel")
    return "" if channel.lower() == "none" else channel


def parse_kms(properties: Json) -> KmsProfile:
    profile = child(child(properties, "securityProfile"), "azureKeyVaultKms")
    key, vault = text(profile, "keyId"), text(profile, "keyVaultResourceId")
    return KmsProfile(
        enabled=bool(flag(profile, "enabled")),
        key=KeyId.parse(key) if key else None,
        network_access=text(profile, "keyVaultNetworkAccess") or None,
        vault=ResourceId.parse(vault) if vault else None,
    )


def experience_of(properties: Json, kms: KmsProfile, version: str) -> Experience:
    """The state decoder: the six rows of what `azureKeyVaultKms` and the new profile can say together."""
    security = child(properties, "securityProfile")
    if text(child(security, ENCRYPTION), "infrastructureEncryption") == "Enabled":
        return Experience.CUSTOMER_MANAGED if kms.enabled else Experience.PLATFORM_MANAGED
    if kms.enabled:
        return Experience.LEGACY_V1 if minor_of(version) < FIRST_V2_MINOR else Experience.LEGACY_V2
    return Experience.OFF if flag(child(security, "azureKeyVaultKms"), "enabled") is False else Experience.NEVER


def parse_identity(raw: Json) -> ClusterIdentity:
    identity = child(raw, "identity")
    kind = text(identity, "type") or "None"
    if kind == "UserAssigned":
        assigned = child(identity, "userAssignedIdentities")
        for name in assigned:
            return ClusterIdentity(kind, ResourceId.parse(name), text(child(assigned, name), "principalId") or None)
    if kind == "SystemAssigned":
        return ClusterIdentity(kind, None, text(identity, "principalId") or None)
    return ClusterIdentity("ServicePrincipal")


def for_put(raw: Json) -> Json:
    """A copy to change and give back: without what only the service writes, with all else, known to us or not."""
    body = copy.deepcopy(raw)
    for name in READ_ONLY:
        body.pop(name, None)
    properties = child(body, "properties")
    for name in READ_ONLY_PROPERTIES:
        properties.pop(name, None)
    for pool in children(properties, "agentPoolProfiles"):
        for name in READ_ONLY_OF_POOLS:
            pool.pop(name, None)
    return body


def with_kms_on(raw: Json, key: KeyId, network_access: str, vault: ResourceId | None) -> Json:
    """The body that turns KMS on, rotates, or changes the mode: always mode and vault again, for the service forgets
    what a body leaves out. The vault's id goes along for Private only. [SPEC: "leave empty" when Public]"""
    body = for_put(raw)
    profile = _security(body).setdefault("azureKeyVaultKms", {}) or {}
    profile |= {"enabled": True, "keyId": str(key), "keyVaultNetworkAccess": network_access}
    profile["keyVaultResourceId"] = str(vault) if network_access == "Private" and vault else ""
    _security(body)["azureKeyVaultKms"] = profile
    return body


def with_encryption(raw: Json, key: KeyId | None, network_access: str = "", vault: ResourceId | None = None) -> Json:
    """The body that turns the new KMS data encryption on: with the newest version of a key, whichever that will be, or
    with the platform's (None). The vault's id goes along in either mode, as the only published client of it sends it:
    the specification would leave it out when Public. [PRE, TEST; ADR 14]"""
    body = for_put(raw)
    security = _security(body)
    security[ENCRYPTION] = {**child(security, ENCRYPTION), "infrastructureEncryption": "Enabled"}
    if key is not None:
        named = KeyId(key.host, key.name, None)
        security["azureKeyVaultKms"] = {
            "enabled": True,
            "keyId": str(named),
            "keyVaultNetworkAccess": network_access,
            "keyVaultResourceId": str(vault or ""),
        }
    elif security.get("azureKeyVaultKms"):
        security["azureKeyVaultKms"] = {**security["azureKeyVaultKms"], "enabled": False}
    return body


def with_kms_off(raw: Json) -> Json:
    """The body that turns KMS off; the other fields stay as they were, as `az aks update` sends them."""
    body = for_put(raw)
    profile = _security(body).get("azureKeyVaultKms") or {}
    _security(body)["azureKeyVaultKms"] = profile | {"enabled": False}
    return body


def with_identity(raw: Json, identity: ResourceId) -> Json:
    """The body that moves the control plane to a user-assigned identity."""
    body = for_put(raw)
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {str(identity): {}}}
    return body


def with_tags(body: Json, tags: Mapping[str, str]) -> Json:
    """Gives a body that is on its way these tags, and no others."""
    body["tags"] = dict(tags)
    return body


def _security(body: Json) -> Json:
    properties = body["properties"] = child(body, "properties")
    security = properties["securityProfile"] = child(properties, "securityProfile")
    return security
