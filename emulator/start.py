"""How a world begins: from its data to the state of each service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator import start_arc, start_network, start_secrets_store, start_vaults
from emulator.providers.authorization import assignments, locks
from emulator.providers.containerservice import clusters, maintenance, renewed, visitors
from emulator.providers.ids import group_id
from emulator.providers.insights import settings
from emulator.providers.keyvault import vaults
from emulator.providers.managedidentity import identities
from emulator.providers.policy import language
from emulator.providers.resources import groups
from emulator.start_private_dns import join_zones, make_zone
from emulator.worlds import ledger, spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

AGE = timedelta(days=40)
"""Everything in a world is this old when it starts, so that every grant has spread."""


def populate(world: EmulatedWorld) -> None:
    """Makes what the world's data lists, in an order in which each thing finds what it refers to.

    Raises ValueError for a policy that Azure would not take.
    """
    group, created = world.spec.group, world.clock.now() - AGE
    for subscription in world.spec.subscriptions:
        groups.create_in(world, subscription, group, created)
    for name in world.spec.identities:
        identities.create(world, group, name, world.ids.principal(name), created)
    for vault in world.spec.vaults:
        _make_vault(world, vault, created)
    start_network.populate(world, created)
    for zone in world.spec.zones:
        make_zone(world, zone, created)
    join_zones(world)
    for grant in world.spec.grants:
        principal = world.ids.principal(grant.principal)
        assignments.grant(world, principal, grant.role, scope_id(world, grant.scope), created)
    for cluster in world.spec.clusters:
        _make_cluster(world, cluster, created)
    start_arc.populate(world, created)
    start_vaults.federate(world, created)
    start_arc.begin(world, created)
    _let_time_pass(world)
    _govern(world, created)


def _make_vault(world: EmulatedWorld, vault: spec.Vault, created: datetime) -> None:
    new_id = vaults.vault_id(vault.subscription, world.spec.group, vault.name)
    request = {"location": spec.LOCATION, "properties": _vault_properties(world, vault)}
    made = vaults.create(world, new_id, request, created)
    if vault.audit_log:
        workspace = f"{scope_id(world, 'group')}/providers/Microsoft.OperationalInsights/workspaces/shop-logs"
        logs = [{"categoryGroup": "audit", "enabled": True}]
        settings.put(world, made, "audit", {"workspaceId": workspace, "logs": logs})
    for key in vault.keys:
        for _ in range(key.versions):
            world.keyvault.create(vaults.host_of(vault.name), key.name, _key_request(key))
    start_vaults.fill(world, vault)


def _make_cluster(world: EmulatedWorld, cluster: spec.Cluster, created: datetime) -> None:
    made = clusters.create(world, world.spec.group, cluster, created)
    renewed.begin(world, made)
    start_secrets_store.begin(world, cluster, made, created)
    if cluster.noted:
        made.body["tags"] = (made.body.get("tags") or {}) | ledger.tags_of(made.id, ledger.key_of(made.body), created)
    for configuration in cluster.maintenance:
        maintenance.put(world, made, configuration.name, dict(configuration.properties))


def _let_time_pass(world: EmulatedWorld) -> None:
    for vault in world.spec.vaults:
        _spoil(world, vault)
    for cluster in world.spec.clusters:
        _move_on(world, cluster)
    start_arc.move_on(world)


def _govern(world: EmulatedWorld, created: datetime) -> None:
    """Locks and policies come last: they would refuse the rest."""
    for lock in world.spec.locks:
        properties = {"level": lock.level, "notes": lock.notes}
        locks.put(world, scope_id(world, lock.scope), lock.name, properties).created = created
    for policy in world.spec.policy_assignments:
        language.check(policy.rule)


def _spoil(world: EmulatedWorld, vault: spec.Vault) -> None:
    """What became of the vault and its keys after the clusters were started with them."""
    host, now = vaults.host_of(vault.name), int(world.clock.now().timestamp())
    for key in vault.keys:
        for version in world.keyvault.key(host, key.name).versions:
            version.change(_late_attributes(world, key), now)
        if key.deleted:
            world.keyvault.delete(host, key.name)
    start_vaults.spoil(world, vault)
    if vault.deleted:
        found = world.resources.get(vaults.vault_id(vault.subscription, world.spec.group, vault.name))
        assert found is not None
        vaults.delete(world, found)


def _late_attributes(world: EmulatedWorld, key: spec.Key) -> dict[str, Any]:
    days = {"exp": key.expires_in_days, "nbf": key.valid_in_days}
    limits = {name: world.clock.now() + timedelta(days=value) for name, value in days.items() if value is not None}
    times = {name: int(time.timestamp()) for name, time in limits.items()}
    return {"attributes": {"enabled": key.enabled, **times}}


def _move_on(world: EmulatedWorld, cluster: spec.Cluster) -> None:
    """What became of the cluster after it was started."""
    found = world.resources.get(clusters.cluster_id(world.spec.group, cluster.name))
    assert isinstance(found, clusters.ManagedCluster)
    server = world.kubernetes.server(found.id)
    if cluster.kms:
        server.lapse()
    if cluster.restarted:
        server.restart()
    if cluster.power != "Running":
        server.away = True
        found.body["properties"]["powerState"] = {"code": cluster.power}
    if cluster.state == "Updating":
        visitors.begin_update(world, found)
    elif cluster.state != "Succeeded":
        clusters.touch(world, found, cluster.state)


def scope_id(world: EmulatedWorld, scope: str) -> str:
    """The id of `subscription`, `group`, or `vault/`, `cluster/`, `identity/`, `network/`, `endpoint/` and a name; an
    id itself stays as it is. Raises KeyError."""
    if scope.startswith("/"):
        return scope
    kind, _, name = scope.partition("/")
    group = world.spec.group
    if kind in ("network", "endpoint"):
        return start_network.id_of(world, kind, name)
    home = next((vault.subscription for vault in world.spec.vaults if vault.name == name), spec.SUBSCRIPTION)
    return {
        "subscription": f"/subscriptions/{spec.SUBSCRIPTION}",
        "group": group_id(spec.SUBSCRIPTION, group),
        "vault": vaults.vault_id(home, group, name),
        "cluster": clusters.cluster_id(group, name),
        "identity": identities.identity_id(spec.SUBSCRIPTION, group, name),
    }[kind]


def _vault_properties(world: EmulatedWorld, vault: spec.Vault) -> dict[str, Any]:
    policies = [
        {
            "tenantId": spec.TENANT,
            "objectId": world.ids.principal(policy.principal),
            "permissions": _permissions(policy),
        }
        for policy in vault.policies
    ]
    properties: dict[str, Any] = {
        "tenantId": vault.tenant,
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": policies,
        "enableRbacAuthorization": vault.rbac,
        "publicNetworkAccess": vault.public_network_access,
        "networkAcls": {
            "bypass": vault.bypass,
            "defaultAction": vault.default_action,
            "ipRules": [{"value": address} for address in vault.ip_rules],
            "virtualNetworkRules": [],
        },
    }
    if vault.purge_protection:
        properties["enablePurgeProtection"] = True
    return properties


def _permissions(policy: spec.Policy) -> dict[str, list[str]]:
    others = {"secrets": policy.secrets, "certificates": policy.certificates}
    return {"keys": list(policy.keys), **{kind: list(named) for kind, named in others.items() if named}}


def _key_request(key: spec.Key) -> dict[str, Any]:
    if key.kind.startswith("EC"):
        return {"kty": key.kind}
    return {"kty": key.kind, "key_size": key.size, "key_ops": list(key.operations)}
