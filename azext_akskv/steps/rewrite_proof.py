"""What a pass over the secrets proves; docs/proof.rst says the same in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from azext_akskv.failures import Denied, GatewayError
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.kube import KeyEvidence, Switch, Tally, key_id_hash
from azext_akskv.model.ledger import ledger_of

READ_METRICS = "a role that may `get` the path /metrics would let the API servers name their keys"


@dataclass(frozen=True)
class Verdict:
    proved: bool
    why: str


@dataclass(frozen=True)
class Ground:
    """What a pass stood on: the cluster as it was, and the note of its key change, if there is a valid one."""

    cluster: Cluster
    switch: Switch | None
    namespaces: tuple[str, ...] = ()
    """Only these were rewritten; empty: all."""
    changed_over: bool = False
    """After this very change was sent, and before it could be noted, an earlier attempt rewrote every secret."""


def did_nothing(tally: Tally, switch: Switch | None) -> bool:
    """The key was changed by a run of ours (its tag says so), secrets exist, and none is stored later than R0.

    No proof by itself: an API server that has not switched yet calls everything current, and so does one whose provider
    kept its name while the key behind it changed. [seen on kube-apiserver 1.20]
    """
    touched = tally.rewritten + tally.current
    return switch is not None and switch.tag != "" and touched == tally.unproved > 0


def judge(tally: Tally, ground: Ground, evidence: Callable[[], KeyEvidence | None]) -> Verdict:
    """`evidence` is asked only where the answer depends on it."""
    known = _by_itself(tally, ground)
    if known:
        return known
    gap = what_evidence_lacks(ground.cluster, evidence)
    if not gap:
        named = "every API server's metrics name only the present key for writing"
        return Verdict(True, f"{named}, so what the API server calls current ({secrets(tally.current)}) is under it")
    if ground.switch is None:
        return Verdict(False, f"nothing notes since when the present key is in force; {gap}")
    return Verdict(
        False,
        f"{secrets(tally.unproved)} not written since the key change (resourceVersion {ground.switch.r0} or "
        f"lower); that the API server calls them current is no proof by itself; {gap}",
    )


def _by_itself(tally: Tally, ground: Ground) -> Verdict | None:
    """What the pass proves or fails to prove whatever the metrics say."""
    if ground.namespaces:
        which = ", ".join(ground.namespaces)
        return Verdict(False, f"only {which} was rewritten, and a part proves nothing of the whole")
    if tally.refused:
        return Verdict(False, _refusals(tally))
    kept = tally.rewritten + tally.current
    if not kept:
        return Verdict(True, "there is no secret")
    if ground.switch and tally.unproved and ground.changed_over:
        return Verdict(
            True,
            "an earlier attempt of this run rewrote every secret after the change was sent, so the API servers that "
            "did it had changed over; now that the change is complete they call what is left current "
            f"({secrets(tally.unproved)})",
        )
    if ground.switch is None or tally.unproved:
        return None
    r0 = ground.switch.r0
    return Verdict(True, f"each of {secrets(kept)} was written after the key change (resourceVersion above {r0})")


def _refusals(tally: Tally) -> str:
    """Where the platform alone refused there is nobody to ask and nothing to try again."""
    count = f"{secrets(len(tally.refused))} could not be rewritten"
    if not all(each.platform for each in tally.refused):
        return count
    namespaces = ", ".join(sorted({each.secret.namespace for each in tally.refused}))
    return (
        f"{count}, because a policy of AKS guards what is in {namespaces}: such a secret stays stored as it was before "
        "the key change until AKS itself writes it, so the key from before must be kept"
    )


def what_evidence_lacks(cluster: Cluster, evidence: Callable[[], KeyEvidence | None]) -> str:
    """Why the API servers' metrics do not show that they all write under the present key only; empty when they do."""
    renewed = cluster.experience.renewed
    if not cluster.kms.enabled and not renewed:
        return "with KMS off no metric says how a secret is stored"
    if cluster.kms_v1:
        return "API servers before Kubernetes 1.27 do not name their key in their metrics"
    try:
        seen = evidence()
    except Denied:
        return READ_METRICS
    except GatewayError as error:
        return f"the API servers' metrics could not be read: {error.message or error.code}"
    return _missing_of_platform(seen, cluster) if renewed else _missing_in(seen, key_id_hash(cluster.key_in_force))


def _missing_of_platform(seen: KeyEvidence | None, cluster: Cluster) -> str:
    """Which version of the key the platform uses nobody tells. But an API server that wrote with one key since it
    started, and with none that the cluster had before, has changed over; and KMS v2 calls stale whatever another
    provider or key id wrote. [k8s.io/apiserver]"""
    former = {key_id_hash(str(era.key)) for era in ledger_of(cluster).eras if era.key}
    if seen and seen.writing:
        mixed = [server for server, keys in seen.writing.items() if len(keys) != 1 or keys & former]
        if mixed:
            return f"{len(mixed)} of {len(seen.servers)} API servers wrote with a key from before since they started"
    silent = seen.servers - seen.writing.keys() if seen else frozenset()
    if seen is None or not seen.servers or silent:
        return "the platform rewrites secrets by itself, and not every API server says which key it writes with"
    return ""


def _missing_in(seen: KeyEvidence | None, wanted: str) -> str:
    if seen is None or not seen.servers:
        return "this Kubernetes version does not tell its API servers apart in their metrics"
    silent = seen.servers - seen.writing.keys()
    if silent:
        return f"{len(silent)} of {len(seen.servers)} API servers did not say which key they write with"
    others = [server for server in seen.servers if seen.writing[server] != {wanted}]
    if others:
        return f"{len(others)} of {len(seen.servers)} API servers wrote with another key since they started"
    return ""


def secrets(count: int) -> str:
    return "1 secret" if count == 1 else f"{count:,} secrets"
