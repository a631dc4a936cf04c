"""What a command is going to write, worked out before the first write: so that a lock, a policy or a missing right that
would stop it midway is found while nothing was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from azext_akskv.model import provision
from azext_akskv.model.access import (
    APPROVES_ENDPOINTS,
    KEY_POLICY,
    KEY_VAULT_CONTRIBUTOR,
    KEY_VAULT_CRYPTO_USER,
    KEY_VAULT_READER,
    READS_VAULTS,
    USES_KEYS,
)
from azext_akskv.model.assigning import assignment, policy_addition, use_of
from azext_akskv.model.choice import (
    ENCRYPT,
    Place,
    identity_to_use,
    is_on_with,
    key_name_to_use,
    key_to_come_back,
    network_access_of,
    place_to_make,
    takes_customers_key,
    vault_to_use,
)
from azext_akskv.model.cluster import (
    Cluster,
    Experience,
    with_encryption,
    with_identity,
    with_kms_off,
    with_kms_on,
    with_tags,
)
from azext_akskv.model.governance import Intent, group_of
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import new_key
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision_intents import allowing, turning_addon_on
from azext_akskv.model.repairs import FIX, HUB, repairs_of
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import RUN_TAG
from azext_akskv.model.upgrade import way_to, with_control_plane_at
from azext_akskv.model.vault import new_vault

Json = dict[str, Any]

TO_BE_MADE = "00000000-0000-0000-0000-000000000000"
"""Stands for the principal of an identity that is still to be made; no policy asks which one it is."""
TAGGED = {RUN_TAG: "run"}


def intents_of(snapshot: Snapshot) -> tuple[Intent, ...]:
    """In the order in which the plan makes them; what is so already is not among them.

    Raises NotObserved when what was looked at does not say what there is to do.
    """
    cluster, of_flow = snapshot.cluster.get(), INTENTS.get(snapshot.wanted.flow)
    return tuple(of_flow(snapshot, cluster)) if of_flow and (cluster or snapshot.wanted.flow == "enable") else ()


def _the_vault(snapshot: Snapshot) -> ResourceId:
    vault = vault_to_use(snapshot)
    if vault is None:
        raise NotObserved("no vault was named")
    return vault


def _enabling(snapshot: Snapshot, cluster: Cluster | None) -> Iterator[Intent]:
    vault = _the_vault(snapshot)
    yield from _making(snapshot, vault)
    yield from _granting(snapshot, vault)
    if cluster is not None and not snapshot.wanted.prepare_only:
        yield from _turning_on(snapshot, cluster, vault)


def _disabling(_snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    yield from _turning_off(cluster)


def _rotating(snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    """A version is made at the vault itself, and the new encryption goes over to it by itself."""
    if cluster.experience.renewed:
        return
    vault = _the_vault(snapshot)
    yield from _making_another(snapshot, vault)
    yield from _granting(snapshot, vault)
    yield from _turning_on(snapshot, cluster, vault)


def _turning_off(cluster: Cluster) -> Iterator[Intent]:
    if cluster.kms.enabled:
        yield _update(cluster, "turn off KMS", with_kms_off(cluster.raw))
        yield from _using(cluster.identity.id)


def _changing_mode(snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    """The vault is opened first or closed last."""
    vault = _the_vault(snapshot)
    key, mode = key_to_come_back(cluster), network_access_of(snapshot) or "Public"
    access = {"Public": "Enabled", "Private": "Disabled"}[mode]
    home = snapshot.vault.get()
    if home and home.openness.value != mode:
        body = {"location": home.location, "tags": home.raw.get("tags"), "properties": {"publicNetworkAccess": access}}
        what = f"{'open' if mode == 'Public' else 'close'} the vault {vault.name}"
        yield Intent(what, "Microsoft.KeyVault/vaults/write", str(vault), vault, body)
    yield from _granting(snapshot, vault)
    if key and not is_on_with(cluster, key, mode, vault):
        yield from _off_and_on(cluster, with_kms_on(cluster.raw, key, mode, vault), mode, vault)


def _repairing(snapshot: Snapshot, _cluster: Cluster) -> Iterator[Intent]:
    """Also for what is made only once the user has decided for it: what they accept is not known while we look."""
    for repair in repairs_of(replace(snapshot, accepted=(HUB,))):
        for need in repair.needs:
            yield Intent(repair.what, need.action, need.scope, repair.on)


def _upgrading(snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    """A policy may say which versions there may be. Nodes are upgraded by the same kind of PUT."""
    vault = _the_vault(snapshot)
    key, mode = key_to_come_back(cluster), network_access_of(snapshot) or "Public"
    if key is None or (cluster.kms.enabled and not cluster.kms_v1):
        return
    yield from _granting(snapshot, vault)
    offer, raw = snapshot.upgrades.get(), cluster.raw
    for version in way_to(cluster.kubernetes_version, offer, snapshot.wanted.kubernetes_version or "") or ():
        raw = with_control_plane_at(cluster.raw, version)
        yield _update(cluster, f"upgrade the control plane to {version}", raw)
    yield from _off_and_on(cluster, with_kms_on(raw, key, mode, vault), mode, vault)


def _encrypting(snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    if takes_customers_key(snapshot.wanted):
        yield from _to_customers_key(snapshot, cluster, _the_vault(snapshot))
    elif cluster.experience is not Experience.PLATFORM_MANAGED:
        yield _update(cluster, "turn on the KMS data encryption", with_encryption(cluster.raw, None))
        yield from _using(cluster.identity.id)


def _to_customers_key(snapshot: Snapshot, cluster: Cluster, vault: ResourceId) -> Iterator[Intent]:
    """What is missing is made, the identity gets its roles, and trusted services are let in."""
    yield from _making(snapshot, vault)
    yield from _granting(snapshot, vault)
    home, identity, mode = snapshot.vault.get(), identity_to_use(snapshot), network_access_of(snapshot) or "Public"
    if home and mode == "Private" and not home.trusted_services:
        body = {"location": home.location, "properties": {"networkAcls": {"bypass": "AzureServices"}}}
        what = f"let trusted services into the vault {vault.name}"
        yield Intent(what, "Microsoft.KeyVault/vaults/write", str(vault), vault, body)
    if cluster.experience is Experience.CUSTOMER_MANAGED:
        return
    raw, seen = cluster.raw, snapshot.key.get()
    if identity and cluster.identity.id != identity:
        raw = with_identity(raw, identity)
        yield _update(cluster, f"move the cluster to the identity {identity.name}", raw)
    body = with_encryption(raw, seen.id if seen else _key_to_be_made(snapshot, vault), mode, vault)
    yield _update(cluster, "turn on the KMS data encryption", body)
    yield from _using(identity)


def _off_and_on(cluster: Cluster, body: Json, mode: str, vault: ResourceId) -> Iterator[Intent]:
    yield from _turning_off(cluster)
    yield _update(cluster, "turn on KMS", body)
    if mode == "Private":
        yield from _by_aks(cluster, vault)


def _turning_on(snapshot: Snapshot, cluster: Cluster, vault: ResourceId) -> Iterator[Intent]:
    identity, mode = identity_to_use(snapshot), network_access_of(snapshot) or "Public"
    seen = snapshot.key.get()
    key = seen.id if seen else _key_to_be_made(snapshot, vault)
    if is_on_with(cluster, key, mode, vault):
        return
    raw = cluster.raw
    if identity and cluster.identity.id != identity:
        raw = with_identity(raw, identity)
        yield _update(cluster, f"move the cluster to the identity {identity.name}", raw)
    yield _update(cluster, "turn on KMS", with_kms_on(raw, key, mode, vault))
    yield from _using(identity)
    if mode == "Private":
        yield from _by_aks(cluster, vault)


def _update(cluster: Cluster, what: str, body: Json) -> Intent:
    action = "Microsoft.ContainerService/managedClusters/write"
    return Intent(what, action, str(cluster.id), cluster.id, with_tags(body, {**cluster.tags, **TAGGED}))


def _using(identity: ResourceId | None) -> Iterator[Intent]:
    if identity:
        yield use_of(identity)


def _by_aks(cluster: Cluster, vault: ResourceId) -> Iterator[Intent]:
    """AKS makes a private endpoint in the node resource group and approves it at the vault. [AKS docs]"""
    nodes = ResourceId(
        cluster.id.subscription,
        cluster.node_resource_group,
        "Microsoft.Network/privateEndpoints",
        (f"kms-{cluster.id.name}",),
    )
    made = "make a private endpoint to the vault"
    yield Intent(made, "Microsoft.Network/privateEndpoints/write", group_of(nodes), nodes, by_caller=False)
    approve = "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action"
    yield Intent("approve that private endpoint", approve, str(vault), vault, by_caller=False)


def _making(snapshot: Snapshot, vault: ResourceId) -> Iterator[Intent]:
    place, name, identity = (
        place_to_make(snapshot) or Place("", ""),
        key_name_to_use(snapshot),
        identity_to_use(snapshot),
    )
    if snapshot.vault.get() is None:
        body = new_vault(place.location, place.tenant, TAGGED)
        yield _creation(f"create the vault {vault.name}", "Microsoft.KeyVault/vaults/write", vault, body)
    if name and snapshot.key.get() is None:
        yield _new_key(vault, name, {"location": place.location, **new_key(TAGGED)})
    if identity and snapshot.identity.get() is None:
        action = "Microsoft.ManagedIdentity/userAssignedIdentities/write"
        body = {"location": place.location, "tags": TAGGED}
        yield _creation(f"create the identity {identity.name}", action, identity, body)


def _making_another(snapshot: Snapshot, vault: ResourceId) -> Iterator[Intent]:
    """A version is made at the vault itself, which no policy of ARM is asked about; a key of another name is not."""
    home, used, name = snapshot.vault.get(), snapshot.key_in_use.value, snapshot.free_name.value
    if home and name and snapshot.key.get() is None:
        yield _new_key(vault, name, {"location": home.location, **new_key(TAGGED, used)})


def _new_key(vault: ResourceId, name: str, body: Json) -> Intent:
    key = ResourceId(vault.subscription, vault.group, "Microsoft.KeyVault/vaults/keys", (vault.name, name))
    return _creation(f"create the key {name}", "Microsoft.KeyVault/vaults/keys/write", key, body)


def _creation(what: str, action: str, resource: ResourceId, body: Json) -> Intent:
    """Rights on what is not there yet are those at its group."""
    return Intent(what, action, group_of(resource), resource, body)


def _granting(snapshot: Snapshot, vault: ResourceId) -> Iterator[Intent]:
    if "grant-missing" in snapshot.accepted:
        return
    home, identity = snapshot.vault.get(), snapshot.identity.get()
    who, held = identity.principal_id if identity else TO_BE_MADE, {grant.role for grant in snapshot.grants.get()}
    scope = str(vault) if home else group_of(vault)
    if home is None or home.rbac:
        if not held & USES_KEYS:
            yield assignment(vault, scope, KEY_VAULT_CRYPTO_USER, who)
    elif not home.policy_of(who) >= KEY_POLICY:
        yield policy_addition(vault, scope)
    if takes_customers_key(snapshot.wanted):
        if not held & READS_VAULTS:
            yield assignment(vault, scope, KEY_VAULT_READER, who)
    elif network_access_of(snapshot) == "Private" and not held & APPROVES_ENDPOINTS:
        yield assignment(vault, scope, KEY_VAULT_CONTRIBUTOR, who)


def _key_to_be_made(snapshot: Snapshot, vault: ResourceId) -> KeyId:
    home = snapshot.vault.get()
    suffix = home.host.partition(".")[2] if home else "vault.azure.net"
    name = snapshot.free_name.value or key_name_to_use(snapshot) or "key"
    return KeyId(f"{vault.name}.{suffix}", name, "0" * 32)


INTENTS: dict[str, Callable[..., Iterator[Intent]]] = {
    "enable": _enabling,
    "disable": _disabling,
    "rotate": _rotating,
    "migrate-mode": _changing_mode,
    "migrate-v2": _upgrading,
    ENCRYPT: _encrypting,
    FIX: _repairing,
    provision.ENABLE: turning_addon_on,
    provision.GRANT: allowing,
}
"""Of each command; all but `enable` need a cluster."""
