"""The rewrite alone, with its proof."""

from __future__ import annotations

from azext_akskv.checks.declare import CLUSTER, SECRETS
from azext_akskv.engine.step import Plan
from azext_akskv.flows.drive import Flow
from azext_akskv.model.cluster import Experience
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.steps.ledger import note_ledger
from azext_akskv.steps.rewrite import note_proof, order_of, rewrite_secrets
from azext_akskv.steps.rewrite_pass import Order

CURES = frozenset({"cluster-failed", "rewrite-owed", "secret-unreadable"})
"""A failed update does not excuse from the rewrite [D]. A secret that cannot be decrypted is not cured, but it stops
nothing here: no API server restarts, the others are rewritten, and it is told among the refused."""


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Use KMS etcd encryption", the command after "Update all secrets", as read on 2026-08-21.

    Raises NotObserved.
    """
    cluster = snapshot.cluster.get()
    if cluster is None:
        raise NotObserved("there is no cluster")
    order = order_of(snapshot)
    may_note = cluster.experience is not Experience.NEVER and not order.namespaces
    which = f"the secrets of {', '.join(order.namespaces)}" if order.namespaces else "every secret"
    return Plan(
        "reencrypt",
        (rewrite_secrets(order), *((note_proof(), note_ledger()) if may_note else ())),
        notes=_notes(order, snapshot.inside),
        question="" if snapshot.wanted.prove_only else f"Rewrite {which} of {cluster.id.name} under its present key?",
    )


def _notes(order: Order, inside: bool) -> tuple[str, ...]:
    how_fast = f"at most {order.per_second:g} secrets a second" if order.per_second else "as fast as the API server can"
    how = "one by one without their values leaving the API server"
    if inside:
        how = "by kubectl in a pod of the cluster (namespace aks-command), and their values do not leave the cluster"
    return (
        f"Secrets are rewritten {how}, {how_fast}. Each one that is stale becomes an event for everything that watches "
        "secrets. No API server restarts.",
    )


REENCRYPT = Flow("reencrypt", (CLUSTER, SECRETS), plan, cures=CURES)
