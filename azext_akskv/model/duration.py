"""How long a change takes: the rate at which secrets are rewritten, and the waits on the way to it."""

from __future__ import annotations

from datetime import timedelta

from azext_akskv.model.choice import ENCRYPT, OFF_AND_ON, network_access_of
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.provision import ENABLE as PROVIDER
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.upgrade import pools_of, way_to

SECRETS_PER_SECOND = 200.0
"""Each rewrite is an event to every informer that watches secrets."""

VAULT_LIMITS = {2048: 400, 3072: 100, 4096: 50}
"""Operations a second that a vault allows with a software RSA key of so many bits; an HSM key gets half.
[D: Key Vault service limits]"""

OPERATIONS_PER_SECRET = 5
"""With KMS v1 every read and write of a secret is one: 10,015 were counted for two passes over 2,003 secrets. [seen]"""

VAULT_SHARE = 0.25
"""Of the vault's limit: the rest is for the cluster's own reads. Throttled there, the KMS health check fails, and with
it the API server."""

UPDATE = timedelta(minutes=10)
"""An update of a cluster: 2 minutes in the middle, 5 in nine of ten cases, 35 at the most. [REC]"""
SETTLE = timedelta(minutes=2)
GRANTS = timedelta(minutes=15)
"""What is waited for a new grant on a private vault, and about what AKS may refuse one on a public vault."""


UPGRADE = timedelta(minutes=15)
"""Of a control plane. [REC: 874 s]"""
NODE = timedelta(minutes=5)
"""Drained and replaced; how long its pods take to leave is theirs to say."""


UPDATES = {"enable": 1, PROVIDER: 1, "disable": 1, "rotate": 1, ENCRYPT: 1, **dict.fromkeys(OFF_AND_ON, 2)}
"""How often each command changes the cluster's KMS."""


def suiting_rate(kms_v1: bool, key: KeyVersion | None) -> float:
    """Secrets a second: KMS v1 asks Key Vault for each of them, so there it follows from the key's size."""
    if not kms_v1:
        return SECRETS_PER_SECOND
    limit = float(VAULT_LIMITS.get((key and key.size_bits) or 2048, min(VAULT_LIMITS.values())))
    if key and key.kind.upper().endswith("-HSM"):
        limit /= 2
    return limit * VAULT_SHARE / OPERATIONS_PER_SECRET


def expected(snapshot: Snapshot) -> timedelta:
    """How long the change that was asked for will take, rather too long than too short."""
    wanted, cluster, census = snapshot.wanted, snapshot.cluster.value, snapshot.secrets.value
    took = timedelta(0)
    updates = UPDATES.get(wanted.flow, 0)
    took += updates * (UPDATE + SETTLE)
    if wanted.flow in ("enable", ENCRYPT, *OFF_AND_ON) and (
        network_access_of(snapshot) == "Private" or not snapshot.grants.value
    ):
        took += GRANTS
    took += _of_upgrades(snapshot)
    if census and cluster and not wanted.skip_reencrypt:
        rate = suiting_rate(cluster.kms_v1, snapshot.key.value or snapshot.key_in_use.value)
        took += max(1, updates) * timedelta(seconds=census.count / (wanted.max_rate or rate))
    return took


def _of_upgrades(snapshot: Snapshot) -> timedelta:
    cluster, offer = snapshot.cluster.value, snapshot.upgrades.value
    if cluster is None or offer is None:
        return timedelta(0)
    way = way_to(cluster.kubernetes_version, offer, snapshot.wanted.kubernetes_version or "") or ()
    return len(way) * (UPGRADE + NODE * sum(pool.nodes for pool in pools_of(cluster)))
