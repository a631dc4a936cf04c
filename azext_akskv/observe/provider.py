"""Looks at the Key Vault provider: the cluster first, then its logs and what Azure has of what the classes name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from azext_akskv.failures import GatewayError
from azext_akskv.model.access import Identity
from azext_akskv.model.addon import addon_of, issuer_of, workload_identity
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import FederatedCredential, with_client_id
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.behind import TYPES, Behind, ProviderView, vault_of, workers_of
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.seen import Seen, log_sources
from azext_akskv.model.mounts.worker import Mode, Worker
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.provider.judge import Expected
from azext_akskv.model.provider.reading import Texts
from azext_akskv.model.reading import undefined
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject
from azext_akskv.observe.sections import observe
from azext_akskv.ports import Ports

T = TypeVar("T")

READ_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets/read in the node resource group"
READ_VAULT = "Microsoft.KeyVault/vaults/read at the subscription"
READ_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities/read at the subscription"
READ_CREDENTIALS = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
READ_GRANTS = "Microsoft.Authorization/roleAssignments/read"
LIST_OBJECTS = "to list the vault's secrets, keys or certificates, such as the role Key Vault Reader gives"
MOST_NODES = 10
"""So many nodes' logs are read: those of pods that do not mount come first. [OWN]"""
FEDERATED = frozenset({Mode.WORKLOAD, Mode.BINDING})


@dataclass(frozen=True)
class Inquiry:
    """`namespace`: None stands for all; `since`: how old a log line may be, in seconds."""

    cluster: Cluster
    ports: Ports
    pool: Executor
    subscriptions: tuple[str, ...]
    namespace: str | None = None
    since: int = 3600

    def ask(self, what: str, right: str, reads: Mapping[Any, Callable[[], T]]) -> dict[Any, Observed[T]]:
        """All at the same time."""
        asked = {key: self.pool.submit(observe, what, right, read) for key, read in reads.items()}
        return {key: each.result() for key, each in asked.items()}


def glance(inquiry: Inquiry) -> ProviderView:
    """The cluster alone: no logs, and nothing of what the classes name. Raises NotObserved where the cluster is
    stopped, and what `take_provider` raises."""
    if not inquiry.cluster.running:
        raise NotObserved("the cluster is not running, so its API server cannot be asked")
    return ProviderView(inquiry.ports.mounts.look(inquiry.namespace), _from_profile(inquiry.cluster), Texts().reading())


def take_provider(inquiry: Inquiry) -> ProviderView:
    """Raises GatewayError where the cluster tells nothing at all; the rest is unknown in it. Raises BadInput when the
    cluster's profile is none."""
    seen = inquiry.ports.mounts.look(inquiry.namespace)
    view = ProviderView(seen, _from_profile(inquiry.cluster), Texts().reading())
    logs: Future[list[tuple[str, str, tuple[str, ...], str]]] = inquiry.pool.submit(lambda: list(_logs(inquiry, seen)))
    view = replace(view, behind=_sought(inquiry, view))
    return _read(view, logs.result())


def _from_profile(cluster: Cluster) -> Behind:
    return Behind(addon_of(cluster), issuer_of(cluster), workload_identity(cluster))


def _logs(inquiry: Inquiry, seen: Seen) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Of each container: its name, its node, its lines, and what is missing of them and why."""
    try:
        nodes = _nodes(seen)
        sources = log_sources(each for each in seen.installed.pods.get() if each.node in nodes)
        for log in inquiry.ports.mounts.logs(sources, inquiry.since):
            yield str(log.source), log.source.node, log.lines, log.gap or log.cut
    except NotObserved as gap:
        yield "the logs of driver and provider", "", (), str(gap)
    except GatewayError as error:
        yield "the logs of driver and provider", "", (), f"cannot be read: {error}"


def _nodes(seen: Seen) -> frozenset[str]:
    """Those of pods that mount, the ones that fail first. Raises NotObserved."""
    consumers = [each for each in seen.consumers.get() if each.node and each.volumes]
    failing = [each for each in consumers if any(not seen.mounted_by(each, one.class_name) for one in each.volumes)]
    return frozenset(list(dict.fromkeys(each.node for each in (*failing, *consumers)))[:MOST_NODES])


def _read(view: ProviderView, logs: Iterable[tuple[str, str, tuple[str, ...], str]]) -> ProviderView:
    texts, untold = Texts(_expected(view)), list[str]()
    if view.seen.events.known:
        texts.read((each.line() for each in view.seen.events.get()), "events of the pods")
    else:
        untold.append(f"the events of the pods: {view.seen.events.gap}")
    for name, node, lines, gap in logs:
        texts.read(lines, f"the log of {name}", node)
        untold += [f"{name}: {gap}"] if gap else []
    return replace(view, texts=texts.reading(), untold=tuple(untold))


def _expected(view: ProviderView) -> Expected:
    """Who should ask, where that is one and the same for all classes."""
    try:
        principals = {view.behind.principal(worker) for _, worker in workers_of(view.classes())}
    except NotObserved:
        return Expected()
    return Expected(next(iter(principals)) or "") if len(principals) == 1 else Expected()


def _sought(inquiry: Inquiry, view: ProviderView) -> Behind:
    """What the classes name; nothing where they cannot be seen."""
    found = view.seen.classes.value or ()
    classes = view.classes() if view.seen.classes.known else ()
    behind = view.behind
    ports, cluster = inquiry.ports, inquiry.cluster
    workers = workers_of(classes)
    scale_sets = inquiry.pool.submit(
        observe, "the scale sets", READ_SCALE_SETS, lambda: tuple(ports.scale_sets.of(cluster))
    )
    names = {vault_of(each) for each in classes} - {""}
    vaults = inquiry.ask("the vault", READ_VAULT, {each: partial(_vault, inquiry, each) for each in names})
    if any(worker.mode in FEDERATED for _, worker in workers):
        identities = observe("the identities", READ_IDENTITIES, partial(_identities, inquiry))
        behind = replace(behind, identities=identities)
    behind = replace(behind, vaults=vaults, scale_sets=scale_sets.result() if found else behind.scale_sets)
    behind = replace(behind, federated=_federated(inquiry, behind, workers))
    behind = replace(behind, **_objects(inquiry, replace(view, behind=behind), classes))
    return replace(behind, **_grants(inquiry, behind, workers))


def _vault(inquiry: Inquiry, name: str) -> Vault | None:
    """In the cluster's own subscription, or in another one that az is signed in to."""
    own = inquiry.cluster.id.subscription
    for subscription in dict.fromkeys((own, *inquiry.subscriptions)):
        if found := inquiry.ports.vaults.find(subscription, name):
            return inquiry.ports.vaults.get(found.id)
    return None


def _identities(inquiry: Inquiry) -> tuple[Identity, ...]:
    subscriptions = dict.fromkeys((inquiry.cluster.id.subscription, *inquiry.subscriptions))
    return tuple(each for one in subscriptions for each in inquiry.ports.identities.all(one))


def _federated(
    inquiry: Inquiry, behind: Behind, workers: Iterable[tuple[str, Worker]]
) -> dict[str, Observed[tuple[FederatedCredential, ...]]]:
    visible = behind.identities.value or ()
    clients = {worker.client_id for _, worker in workers if worker.mode in FEDERATED}
    known = {client: found for client in clients if (found := with_client_id(visible, client))}
    reads = {client: partial(_credentials, inquiry, identity) for client, identity in known.items()}
    return inquiry.ask("the federated credentials", READ_CREDENTIALS, reads)


def _credentials(inquiry: Inquiry, identity: Identity) -> tuple[FederatedCredential, ...]:
    return tuple(inquiry.ports.identities.federated(identity.id))


def _objects(inquiry: Inquiry, view: ProviderView, classes: Iterable[SecretProviderClass]) -> dict[str, Any]:
    """The lists of each vault, of all types: what is not there under one may be there under another."""
    there = {name: found.value for name, found in view.behind.vaults.items() if found.value}
    lists = {(name, of): partial(_listed, inquiry, vault, of) for name, vault in there.items() for of in ObjectType}
    objects = inquiry.ask("what is in the vault", LIST_OBJECTS, lists)
    view = replace(view, behind=replace(view.behind, objects=objects))
    wanted = {key for one in classes for key in _of_versions(view, one) if key[0] in there}
    versions = {key: partial(inquiry.ports.objects.versions, there[key[0]], key[1], key[2]) for key in wanted}
    return {"objects": objects, "versions": inquiry.ask("the versions", LIST_OBJECTS, versions)}


def _of_versions(view: ProviderView, one: SecretProviderClass) -> Iterator[tuple[str, ObjectType, str]]:
    """What a class names in a version, and what was made anew after a pod had mounted it."""
    vault, mounted = vault_of(one), view.seen.mounted.value or ()
    times = [each.created for each in mounted if (each.namespace, each.class_name) == (one.namespace, one.name)]
    first = min(filter(None, times), default=None)
    for each in one.objects:
        if each.type not in TYPES:
            continue
        listed = view.behind.objects.get((vault, TYPES[each.type]))
        there = next((found for found in (listed and listed.value) or () if found.key == each.name.lower()), None)
        remade = bool(first and there and there.created and there.created > first)
        if each.version or remade:
            yield vault, TYPES[each.type], each.name.lower()


def _listed(inquiry: Inquiry, vault: Vault, of: ObjectType) -> tuple[VaultObject, ...]:
    return tuple(inquiry.ports.objects.all(vault, of))


def _grants(inquiry: Inquiry, behind: Behind, workers: Iterable[tuple[str, Worker]]) -> dict[str, Any]:
    """Role assignments, where the vault goes by them; policies are the vault's own."""
    pairs: dict[tuple[str, str], Vault] = {}
    for name, worker in workers:
        vault = behind.vault(name).value
        try:
            principal = behind.principal(worker)
        except NotObserved:
            continue
        if vault and vault.rbac and principal:
            pairs[name, principal.lower()] = vault
    reads = {key: partial(inquiry.ports.roles.of, vault.id, key[1], below=True) for key, vault in pairs.items()}
    grants = inquiry.ask("the role assignments", READ_GRANTS, reads)
    roles: dict[ResourceId, frozenset[str]] = {}
    for key, seen in grants.items():
        if wanted := undefined(seen.value or ()):
            vault_id = pairs[key].id
            roles[vault_id] = roles.get(vault_id, frozenset()) | wanted
    definitions = {each: partial(inquiry.ports.roles.data_actions, each, wanted) for each, wanted in roles.items()}
    told = inquiry.ask("the roles", READ_GRANTS, definitions)
    known = (seen.get() for seen in told.values() if seen.known)
    return {"grants": grants, "definitions": {role: actions for each in known for role, actions in each.items()}}
