"""KMS etcd encryption off, every secret decrypted at its layer, and the key kept."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES, CLUSTER, KEY, NETWORK, SECRETS
from azext_akskv.engine.step import Plan, Run
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.turning_on import under_present_key
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.steps.cluster_kms import turn_off_kms
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import order_of

CURES = frozenset({"cluster-failed", "rewrite-owed"})


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Use KMS etcd encryption", heading "Turn off KMS", as read on 2026-08-21. Raises NotObserved."""
    cluster = snapshot.cluster.get()
    if cluster is None:
        raise NotObserved("there is no cluster")
    never = cluster.experience is Experience.NEVER  # nothing was ever stored under a key
    return Plan(
        "disable",
        (
            *under_present_key(snapshot, cluster, None),
            turn_off_kms(),
            *(() if never else after_change(order_of(snapshot), _off)),
        ),
        keep=_keep(cluster),
        notes=tuple(_notes(snapshot, cluster)),
        question=f"Turn off KMS on {cluster.id.name} and store its secrets without your key?",
    )


def _off(run: Run) -> str:
    return "off"


def _keep(cluster: Cluster) -> tuple[str, ...]:
    key = cluster.kms.key
    if key is None:
        return ()
    return (
        f"{key} must stay enabled, unexpired and undeleted, and its vault reachable, also now that KMS is off: "
        "the API servers keep the key as their previous one and stop when it is gone.",
        "The identity's grants on that vault must stay as they are, for the same reason.",
    )


def _notes(snapshot: Snapshot, cluster: Cluster) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    if cluster.kms.enabled:
        yield "Point of no return: turning KMS off. The key from before is still needed after it."
        yield "The API servers restart: expect some seconds to a minute without one. Pods go on running."
        yield "The update takes about 5 to 10 minutes."
    census = snapshot.secrets.value
    count = f"{census.count:,} secrets are" if census else "Every secret is"
    yield f"{count} rewritten one by one by the API server; their values do not leave it."
    yield "Afterwards secrets are protected in etcd by the platform's storage encryption alone."


DISABLE = Flow("disable", CATEGORIES, plan, (CLUSTER, KEY, NETWORK, SECRETS), CURES)
