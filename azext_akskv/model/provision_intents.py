"""What `az aks kv secrets-provider` is going to write in Azure."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.model.addon import AddonSetting, addon_of, has_setting, with_addon
from azext_akskv.model.assigning import assignment, policy_addition, use_of
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import SEGMENT
from azext_akskv.model.governance import Intent
from azext_akskv.model.ids import IDENTITY_TYPE, ResourceId
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import Provision, lacking_identity, takes
from azext_akskv.model.reading import RoleLacking, least
from azext_akskv.model.snapshot import Snapshot, Wanted


def setting_of(wanted: Wanted) -> AddonSetting:
    """Without an interval the rotation stays as it is."""
    interval = wanted.rotation_interval
    return AddonSetting(rotation=True, poll_interval=interval) if interval else AddonSetting()


def turning_addon_on(snapshot: Snapshot, cluster: Cluster) -> Iterator[Intent]:
    """The identity of an add-on that is new is given to the nodes by AKS. Raises NotObserved."""
    setting = setting_of(snapshot.wanted)
    if not has_setting(addon_of(cluster), setting):
        what, action = "turn on the add-on of the secrets provider", "Microsoft.ContainerService/managedClusters/write"
        yield Intent(what, action, str(cluster.id), cluster.id, with_addon(cluster.raw, setting))
        if cluster.identity.id:
            yield use_of(cluster.identity.id)
    yield from _giving(_found(snapshot))


def allowing(snapshot: Snapshot, _cluster: Cluster) -> Iterator[Intent]:
    """Raises NotObserved."""
    found, wanted, vault = _found(snapshot), snapshot.wanted, snapshot.vault.get()
    identity = found.identity.get()
    if identity is None or vault is None:
        raise NotObserved("the vault or the identity is not there")
    for each in least(found.readings.get()):
        if isinstance(each, RoleLacking):
            yield assignment(vault.id, str(vault.id), each.role, identity.principal_id)
        else:
            yield policy_addition(vault.id, str(vault.id))
    if wanted.service_account:
        if not takes(found, wanted):
            action = f"{IDENTITY_TYPE}/{SEGMENT}/write"
            what = f"add a federated credential to {identity.id.name}"
            yield Intent(what, action, str(identity.id), identity.id)
    elif wanted.identity is not None:
        yield from _giving(found)


def _found(snapshot: Snapshot) -> Provision:
    found = snapshot.provision.get()
    if found is None:
        raise NotObserved("the cluster is not there")
    return found


def _giving(found: Provision) -> Iterator[Intent]:
    identity = found.identity.get()
    lacking = lacking_identity(found)
    for each in lacking:
        yield _gift(each.id)
    if identity and lacking:
        yield use_of(identity.id)


def _gift(scale_set: ResourceId) -> Intent:
    action = "Microsoft.Compute/virtualMachineScaleSets/write"
    return Intent(f"give the nodes of {scale_set.name} an identity", action, str(scale_set), scale_set)
