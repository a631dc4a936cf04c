"""The KMS state of many clusters: a few lists, each vault and each key looked at once, and no API server asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from azext_akskv.checks.declare import CATALOGUE, findings_of
from azext_akskv.engine.pace import executor
from azext_akskv.engine.reporter import Reporter
from azext_akskv.flows.show import state_of
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.finding import State
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import KeyVersion, newest_enabled
from azext_akskv.model.ledger import ledger_of
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.state import KmsState
from azext_akskv.model.vault import Vault
from azext_akskv.observe.sections import observe
from azext_akskv.observe.take import READ_CLUSTER, READ_KEY, READ_VAULT
from azext_akskv.ports import Ports

CHECKS = (
    "key-missing",
    "key-unusable",
    "vault-missing",
    "vault-unreachable",
    "rewrite-owed",
    "cluster-failed",
    "key-expiring",
    "key-ledger",
    "key-not-newest",
    "cluster-version",
    "legacy-kms",
)
"""The gravest first. What only an API server, role assignments or locks would tell is for `kms show`."""

GRAVITY = {State.ERROR: 0, State.UNKNOWN: 1, State.WARNING: 2}
MOST_AT_ONCE = 16


@dataclass(frozen=True)
class Fleet:
    """`states`: the worst first. `gaps`: what could not be listed at all, in words."""

    states: tuple[KmsState, ...]
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """Which clusters: of these subscriptions, or of one resource group in each."""

    subscriptions: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True)
class SeenKey:
    """The version in use and the newest enabled one of its name."""

    used: Observed[KeyVersion | None]
    newest: Observed[KeyVersion | None]


def fleet(scope: Scope, ports: Ports, reporter: Reporter, workers: int) -> Fleet:
    """Asks for everything once, side by side."""
    reporter.looking_at(f"{len(scope.subscriptions)} subscription{'s' * (len(scope.subscriptions) != 1)}")
    with executor(min(MOST_AT_ONCE, workers * 4) if workers > 1 else 1) as pool:
        clusters, gaps = _clusters(scope, ports, pool)
        vaults = _vaults(clusters, ports, pool)
        keys = _keys(clusters, vaults, ports, pool)
    sharing = None if scope.group or gaps else _sharing(clusters)
    states = [_state(each, vaults, keys, sharing) for each in clusters]
    return Fleet(tuple(sorted(states, key=_badness)), gaps)


def _clusters(scope: Scope, ports: Ports, pool: Executor) -> tuple[list[Cluster], tuple[str, ...]]:
    asked = [
        pool.submit(observe, f"the clusters of {each}", READ_CLUSTER, partial(ports.clusters.all, each, scope.group))
        for each in scope.subscriptions
    ]
    found = [each.result() for each in asked]
    gaps = tuple(each.gap for each in found if each.gap is not None)
    return [cluster for each in found if each.value for cluster in each.value], gaps


def _vaults(clusters: Sequence[Cluster], ports: Ports, pool: Executor) -> dict[str, Observed[Vault | None]]:
    """By host, those of the keys in use: from one list for each subscription that has a cluster with KMS."""
    hosts = {cluster.kms.key.host for cluster in clusters if cluster.kms.key}
    homes = sorted({cluster.id.subscription for cluster in clusters if cluster.kms.key})
    asked = [
        pool.submit(observe, f"the vaults of {each}", READ_VAULT, partial(ports.vaults.all, each)) for each in homes
    ]
    listed = [each.result() for each in asked]
    found = {vault.host: vault for each in listed for vault in each.value or ()}
    gap = next((each.gap for each in listed if each.gap is not None), None)
    missing: Observed[Vault | None] = Observed.unknown(gap) if gap else Observed.unknown(ELSEWHERE)
    return {host: Observed(found[host]) if host in found else missing for host in hosts}


ELSEWHERE = "the vault is in none of the subscriptions whose clusters were listed, or you may not see it"


def _keys(
    clusters: Sequence[Cluster], vaults: dict[str, Observed[Vault | None]], ports: Ports, pool: Executor
) -> dict[KeyId, SeenKey]:
    used = {cluster.kms.key for cluster in clusters if cluster.kms.key}
    asked = {key: pool.submit(_key, key, vaults[key.host], ports) for key in sorted(used, key=str)}
    return {key: each.result() for key, each in asked.items()}


def _key(key: KeyId, home: Observed[Vault | None], ports: Ports) -> SeenKey:
    vault = home.value
    if vault is None:
        gap: Observed[KeyVersion | None] = Observed.unknown(home.gap or ELSEWHERE)
        return SeenKey(gap, gap)
    used = observe(f"the key {key}", READ_KEY, lambda: ports.keys.get(vault, key.name, key.version))
    newest = observe(f"the key {key}", READ_KEY, lambda: newest_enabled(ports.keys.versions(vault, key.name)))
    return SeenKey(used, newest)


def _sharing(clusters: Iterable[Cluster]) -> dict[str, list[Cluster]]:
    """By key identifier, the clusters that use it or name it in their ledgers."""
    found: dict[str, list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        for key in _named(cluster):
            found[key].append(cluster)
    return found


def _state(
    cluster: Cluster,
    vaults: dict[str, Observed[Vault | None]],
    keys: dict[KeyId, SeenKey],
    sharing: dict[str, list[Cluster]] | None,
) -> KmsState:
    """`sharing` None: not all clusters were listed, so another one may use the same key."""
    neighbours: Observed[tuple[Cluster, ...]] = Observed.unknown("not every cluster of the subscription was listed")
    if sharing is not None:
        others = {id(each): each for named in _named(cluster) for each in sharing[named] if each is not cluster}
        neighbours = Observed(tuple(others.values()))
    snapshot = Snapshot(
        cluster.seen_at,
        cluster.id,
        Wanted("list"),
        Observed(cluster),
        neighbours=neighbours,
    )
    if cluster.kms.key:
        seen = keys[cluster.kms.key]
        home = vaults[cluster.kms.key.host]
        snapshot = replace(snapshot, vault=home, key=seen.used, key_in_use=seen.used, newest=seen.newest)
    findings = tuple(finding for code in CHECKS for finding in findings_of(CATALOGUE[code], snapshot))
    return state_of(snapshot, findings)


def _named(cluster: Cluster) -> set[str]:
    keys = (cluster.kms.key, *(era.key for era in ledger_of(cluster).eras))
    return {str(key).lower() for key in keys if key}


def _badness(state: KmsState) -> tuple[int, int, str, str]:
    """By the gravest finding, then by which one it is, then by name."""
    told = [(GRAVITY[each.state], CHECKS.index(each.code)) for each in state.findings if each.state in GRAVITY]
    gravity, which = min(told, default=(len(GRAVITY), len(CHECKS)))
    return gravity, which, state.cluster.name.lower(), state.cluster.group.lower()
