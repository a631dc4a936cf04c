"""Looks at what stands around a change: other clusters, planned maintenance, the audit log, locks, the caller's rights
and login; and, once nothing else is in the way, asks Azure Policy, the API server's access control and its admission
what they would say to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

from azext_akskv.failures import Denied, Missing, Rejected
from azext_akskv.model.choice import changing_for_us, rewrite_owed
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.governance import Held, Intent, Lock, PolicyRefusal
from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.intent import intents_of
from azext_akskv.model.kube import TO_NOTE, TO_REWRITE, KubeRight, Refused, SecretRef, is_platforms
from azext_akskv.model.maintenance import Maintenance, maintenance_of
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.provision import PROVISIONING
from azext_akskv.model.repairs import FIX
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.upgrade import Offer
from azext_akskv.model.vault import Vault
from azext_akskv.observe.sections import observe
from azext_akskv.ports import Ports

T = TypeVar("T")

LIST_CLUSTERS = "Microsoft.ContainerService/managedClusters/read at the subscription"
READ_WINDOWS = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations/read"
READ_VERSIONS = (
    "Microsoft.ContainerService/managedClusters/upgradeProfiles/read and "
    "Microsoft.ContainerService/locations/kubernetesVersions/read"
)
READ_SETTINGS = "Microsoft.Insights/diagnosticSettings/read"
READ_LOCKS = "Microsoft.Authorization/locks/read"
READ_PERMISSIONS = "Microsoft.Authorization/permissions/read"
ASK_POLICY = "Microsoft.PolicyInsights/checkPolicyRestrictions/read"
REVIEW = "to create selfsubjectaccessreviews.authorization.k8s.io"
CHANGING = ("enable", "disable", "rotate", "migrate-mode", "migrate-v2", "migrate-encryption")


def around_cluster(snapshot: Snapshot, ports: Ports, pool: Executor) -> dict[str, Future[Any]]:
    """What needs nothing but the cluster."""
    cluster, flow = snapshot.cluster.value, snapshot.wanted.flow
    if cluster is None:
        return {}
    read: Callable[[], Any] = partial(neighbours, cluster, ports)
    found = {"neighbours": pool.submit(observe, "the other clusters", LIST_CLUSTERS, read)}
    if flow in CHANGING:
        read = partial(maintenance, cluster, ports)
        found["maintenance"] = pool.submit(observe, "planned maintenance", READ_WINDOWS, read)
    if flow == "migrate-v2" and not (cluster.kms.enabled and not cluster.kms_v1):
        read = partial(offer, cluster, ports)
        found["upgrades"] = pool.submit(observe, "which versions are on offer", READ_VERSIONS, read)
    return found


def around_vault(vault: Observed[Vault | None], ports: Ports, pool: Executor) -> dict[str, Future[Any]]:
    home = vault.value
    if home is None:
        return {}
    return {"audited": pool.submit(observe, "the audit log", READ_SETTINGS, lambda: ports.governance.audited(home.id))}


def around_change(snapshot: Snapshot, ports: Ports, pool: Executor) -> dict[str, Any]:
    """What needs to know what the change will write."""
    flow = snapshot.wanted.flow
    if flow not in (*CHANGING, *PROVISIONING, FIX):
        return {}
    login = pool.submit(observe, "the login", "a sign-in: az login", ports.governance.login)
    try:
        intents = intents_of(snapshot)
    except NotObserved as gap:
        unknown: Observed[Any] = Observed.unknown(str(gap))
        return {"login": login.result(), "locks": unknown, "held": unknown}
    resources = dict.fromkeys(intent.on for intent in intents)
    scopes = dict.fromkeys(intent.scope for intent in intents if intent.by_caller)
    reads = [partial(held_if_any if flow == FIX else held_at, scope, ports) for scope in scopes]
    held = [pool.submit(observe, "your permissions", READ_PERMISSIONS, read) for read in reads]
    locked = pool.submit(observe, "the locks", READ_LOCKS, lambda: locks(list(resources), ports))
    return {
        "login": login.result(),
        "locks": locked.result(),
        "held": together([each.result() for each in held]),
    }


def together(parts: Collection[Observed[T]]) -> Observed[tuple[T, ...]]:
    """All of them, or the first reason why one could not be looked at."""
    gaps = [part.gap for part in parts if part.gap is not None]
    return Observed.unknown(gaps[0]) if gaps else Observed(tuple(part.get() for part in parts))


def neighbours(cluster: Cluster, ports: Ports) -> tuple[Cluster, ...]:
    return tuple(each for each in ports.clusters.all(cluster.id.subscription) if each.id != cluster.id)


def offer(cluster: Cluster, ports: Ports) -> Offer:
    """While an upgrade runs, what the cluster is offered is about to change, and may already be what comes after it."""
    now, region = ports.clusters.upgrades(cluster), ports.clusters.versions(cluster)
    return Offer(now if cluster.settled else region.get(cluster.kubernetes_version) or now, region)


def maintenance(cluster: Cluster, ports: Ports) -> Maintenance:
    """Raises NotObserved when a configuration is not what AKS documents."""
    configurations = ports.clusters.maintenance(cluster)
    try:
        return maintenance_of(configurations, cluster.seen_at)
    except BadInput as error:
        raise NotObserved(str(error)) from error


def locks(resources: list[ResourceId], ports: Ports) -> tuple[Lock, ...]:
    """Once for each group: a subscription's answer comes again, and costs little."""
    groups = {(each.subscription.lower(), each.group.lower()): each for each in resources}
    return tuple(dict.fromkeys(lock for each in groups.values() for lock in ports.governance.locks(each)))


def held_at(scope: str, ports: Ports) -> Held:
    return Held(scope, ports.governance.permissions(scope))


def held_if_any(scope: str, ports: Ports) -> Held:
    """Who may not even ask has no right there: for changes of which somebody else can make a part."""
    try:
        return held_at(scope, ports)
    except (Denied, Missing):
        return Held(scope, ())


def probe(snapshot: Snapshot, ports: Ports, pool: Executor) -> Snapshot:
    """Asked only when no check found anything in the way: these are POSTs, and a dry run of a patch; nothing changes.
    Where nothing is left to change or to rewrite there is nothing to ask about."""
    try:
        intents, owed = intents_of(snapshot), rewrite_owed(snapshot)
    except NotObserved:  # there is no plan without it, and that is said there
        return snapshot
    found: dict[str, Any] = {}
    if any(intent.body is not None for intent in intents):
        found["refusals"] = observe("what Azure Policy says", ASK_POLICY, lambda: refusals(intents, ports, pool))
    if snapshot.wanted.prepare_only or snapshot.api_server.value is not True or changing_for_us(snapshot):
        return dataclasses.replace(snapshot, **found)
    if intents or owed is not False or snapshot.wanted.flow not in CHANGING:
        found["missing_rights"] = observe(
            "what the caller may do in the cluster", REVIEW, lambda: missing_rights(snapshot, ports, pool)
        )
    refused = "missing_rights" in found and found["missing_rights"].value != ()  # then admission is never reached
    if intents and not snapshot.wanted.skip_reencrypt and not refused:
        found["rehearsal"] = observe(
            "what admission says to a rewrite", "to patch secrets", lambda: rehearsal(snapshot, ports, pool)
        )
    return dataclasses.replace(snapshot, **found)


def refusals(intents: Collection[Intent], ports: Ports, pool: Executor) -> tuple[PolicyRefusal, ...]:
    asked = [pool.submit(ports.governance.refusals, intent) for intent in intents if intent.body is not None]
    return tuple(refusal for each in asked for refusal in each.result())


def missing_rights(snapshot: Snapshot, ports: Ports, pool: Executor) -> tuple[KubeRight, ...]:
    needed = TO_NOTE if snapshot.wanted.skip_reencrypt else (*TO_REWRITE, *TO_NOTE)
    answers = [(right, pool.submit(ports.secrets.may, right)) for right in needed]
    return tuple(right for right, answer in answers if not answer.result())


def rehearsal(snapshot: Snapshot, ports: Ports, pool: Executor) -> tuple[Refused, ...]:
    samples = snapshot.secrets.get().samples
    answers = [pool.submit(_refusal_of, secret, ports) for secret in samples]
    return tuple(refused for answer in answers if (refused := answer.result()))


def _refusal_of(secret: SecretRef, ports: Ports) -> Refused | None:
    """Raises GatewayError for what is no refusal."""
    try:
        ports.secrets.rehearse(secret)
    except Missing:  # gone since it was listed
        return None
    except (Denied, Rejected) as error:
        if "does not support dry run" in error.message:  # a webhook of the first kind, before v1 [k8s.io/apiserver]
            raise
        return Refused(secret, error.message or error.code, is_platforms(error.message))
    return None
