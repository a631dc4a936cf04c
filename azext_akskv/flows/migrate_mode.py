"""The mode of the attached vault changed: KMS off, and on again the other way."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES
from azext_akskv.engine.step import Plan, Step
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.turning_on import kms_to_come_back, the_cluster, turning_off
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.steps.cluster_kms import KmsWanted, turn_on_kms
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import order_of
from azext_akskv.steps.vault_network import approve_endpoint, close_vault, of_cluster, open_vault

CURES = frozenset({"grant-missing", "cluster-failed", "rewrite-owed", "vault-unreachable"})


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Use KMS etcd encryption", heading "Update a key vault mode", as read on 2026-08-21. Raises NotObserved.

    While KMS is turned on the vault must be reached both ways, for the key from before is probed over the old one. So
    going private the vault is closed last, and going public it is opened first, before anything that cannot be undone:
    opening is what others (a lock, a policy) may veto.
    """
    cluster, target = the_cluster(snapshot), snapshot.wanted.network_access or "Public"
    wanted = kms_to_come_back(snapshot, cluster, target)
    there = cluster.kms.enabled and (cluster.kms.network_access or "Public") == target
    steps = (
        *(() if there else _off(snapshot, cluster, wanted)),
        *((approve_endpoint(wanted.vault),) if _waits(snapshot, cluster) else ()),
        turn_on_kms(wanted),
        *after_change(order_of(snapshot), lambda _run: str(wanted.key)),
        *((approve_endpoint(wanted.vault), close_vault(wanted.vault)) if target == "Private" else ()),
    )
    return Plan(
        "migrate-mode",
        steps,
        keep=(
            f"{wanted.key} must stay enabled, unexpired and undeleted, and the identity's grants on "
            f"{wanted.vault.name} as they are.",
        ),
        notes=tuple(_notes(snapshot, wanted, there)),
        question=f"Change the mode of {cluster.id.name} at {wanted.vault.name} to {target}?",
    )


def _waits(snapshot: Snapshot, cluster: Cluster) -> bool:
    """An attempt before this one failed because the endpoint that AKS had made was not approved."""
    vault = snapshot.vault.value
    return vault is not None and any(each.status == "Pending" for each in of_cluster(vault, cluster))


def _off(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted) -> Iterator[Step]:
    """What can be refused comes before KMS goes off."""
    yield open_vault(wanted.vault)
    yield from turning_off(snapshot, cluster, wanted)


def _notes(snapshot: Snapshot, wanted: KmsWanted, there: bool) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    if there:
        return
    census = snapshot.secrets.value
    count = f"{census.count:,} secrets" if census else "every secret"
    yield "Point of no return: turning KMS off. From then on it must come on again before the work is done."
    yield (
        f"While KMS is off, for about the time of two updates and two rewrites of {count}, secrets are protected in "
        "etcd by the platform's storage encryption alone. Without that window: `az aks kv rotate` to a key of another "
        f"vault whose mode is {wanted.network_access}, in one update."
    )
    yield "The API servers restart twice: expect some seconds to a minute without one. Pods go on running."
    yield "Each update takes about 5 to 10 minutes."
    if wanted.network_access == "Private":
        yield f"The vault {wanted.vault.name} is closed to public networks at the end, for everybody who uses it."
    else:
        yield f"The vault {wanted.vault.name} is opened to public networks first, for everybody who uses it."


MIGRATE_MODE = Flow("migrate-mode", CATEGORIES, plan, CATEGORIES, CURES)
