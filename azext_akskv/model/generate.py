"""What `generate` makes, out of what was looked at: names, identity, tenant and cloud as they are in Azure."""

from __future__ import annotations

from azext_akskv.model.mounts.manifests.bodies import manifests_of
from azext_akskv.model.mounts.manifests.manifest import Manifest
from azext_akskv.model.mounts.manifests.setup import POD, Setup, cloud_of
from azext_akskv.model.mounts.manifests.standing import Standing, differences
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import namespace_of
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault import Vault

DIFFERS = "manifest-differs"
"""The finding whose acceptance lets what is there be changed."""


def class_name_of(wanted: Wanted, vault: Vault) -> str:
    """Vaults' names are names of Kubernetes, but for capitals. [D]"""
    return wanted.class_name or vault.id.name.lower()


def setup_of(snapshot: Snapshot) -> Setup:
    """Raises NotObserved where what a class must name is not there or not known."""
    wanted, vault, found = snapshot.wanted, snapshot.vault.get(), snapshot.provision.get()
    if vault is None:
        raise NotObserved("the vault is not there")
    identity = found.identity.get() if found else None
    if found is None or identity is None or not found.worker.client_id:
        raise NotObserved("the identity is not there")
    if not found.objects:
        raise NotObserved("there is nothing to mount")
    return Setup(
        namespace=namespace_of(wanted),
        class_name=class_name_of(wanted, vault),
        vault=vault.id.name,
        tenant=vault.tenant,
        worker=found.worker,
        objects=found.objects,
        identity=identity.id.name,
        cloud=cloud_of(vault.host),
        service_account=wanted.service_account,
        workload=wanted.workload or POD,
        synced_secret=wanted.synced_secret,
    )


def manifests_wanted(snapshot: Snapshot) -> tuple[Manifest, ...]:
    """In the order in which they are made. Raises NotObserved."""
    return manifests_of(setup_of(snapshot))


def compared(snapshot: Snapshot) -> tuple[tuple[Manifest, Standing | None, tuple[str, ...]], ...]:
    """Each with the one that is there, and how that differs. Raises NotObserved."""
    seen = snapshot.manifests.get()
    if seen is None:
        raise NotObserved("the cluster was not looked at")
    found = []
    for each in manifests_wanted(snapshot):
        there = seen.standing[each.ref].get()
        found.append((each, there, differences(each, there) if there else ()))
    return tuple(found)
