"""The Key Vault provider of the Secrets Store CSI driver: its add-on, an identity that may read, a look at it."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CLUSTER, GOVERNANCE, PROVIDER, PROVISION, run_checks
from azext_akskv.checks.provision_subjects import COMMANDS, again
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.engine.step import Plan, Step
from azext_akskv.flows.drive import Flow, look
from azext_akskv.flows.world import World
from azext_akskv.model.access import KEY_VAULT_CERTIFICATE_USER, Identity
from azext_akskv.model.addon import has_setting
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provided import Provided
from azext_akskv.model.provision import ENABLE, GRANT, Provision, lacking_identity, subject_wanted, takes
from azext_akskv.model.provision_intents import setting_of
from azext_akskv.model.reading import May, PolicyLacking, RoleLacking, Wish, least
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType
from azext_akskv.steps.secrets_provider import federate, give_identity, grant_reading, provide_nodes, set_addon

ENABLE_CURES = frozenset({"addon-off", "nodes-lack-identity", "cluster-failed"})
GRANT_CURES = frozenset({"nodes-lack-identity", "federation-lacking", "reading-not-granted", "cluster-failed"})
VAULT = "<VAULT>"


def _found(snapshot: Snapshot) -> Provision:
    """Raises NotObserved."""
    found = snapshot.provision.get()
    if found is None:
        raise NotObserved("the cluster is not there")
    return found


def plan_enable(snapshot: Snapshot) -> Plan:
    """AKS docs "Use the Azure Key Vault provider for Secrets Store CSI Driver", as read on 2026-08-21: the add-on, and
    with it the identity that AKS makes for it and gives to the nodes. Raises NotObserved."""
    found, setting = _found(snapshot), setting_of(snapshot.wanted)
    steps = (set_addon(setting), provide_nodes())
    lacking = lacking_identity(found)
    asks = not has_setting(found.addon, setting) or bool(lacking)
    return Plan(
        ENABLE,
        steps,
        keep=tuple(_kept_by_addon(found)),
        notes=tuple(_notes_of_enable(snapshot, found)),
        question="Make these changes?" if asks else "",
        announced=False,
        onward=in_cluster(snapshot, *COMMANDS, "grant", "--vault", VAULT),
    )


def _notes_of_enable(snapshot: Snapshot, found: Provision) -> Iterator[str]:
    interval = snapshot.wanted.rotation_interval
    setting = setting_of(snapshot.wanted)
    if not found.addon.enabled:
        rotation = "" if interval else " Secrets are not read again after the mount: --rotation-interval turns that on."
        yield f"A pod of the driver and one of the provider start on each node (kube-system).{rotation}"
    elif not has_setting(found.addon, setting):
        before = found.addon.poll_interval if found.addon.rotation else "off"
        yield f"Rotation: {before} before, every {interval} afterwards. Only the driver's pods are replaced."
    if not has_setting(found.addon, setting):
        yield "Pods, nodes and the API server go on running. AKS takes some minutes, and does nothing else meanwhile."
        yield "No point of no return: the add-on can be turned off again (az aks disable-addons), and rotation, too."
    for each in lacking_identity(found):
        yield f"Writes to the scale set {each.id.name}: one identity more. Its nodes are not replaced."


def _kept_by_addon(found: Provision) -> Iterator[str]:
    name = found.addon.identity.resource_id if found.addon.identity else None
    what = f"the identity {name.name}" if name else "the identity that AKS makes"
    yield f"{what}, in the node resource group: AKS deletes it with the add-on, and its rights with it"


def plan_grant(snapshot: Snapshot) -> Plan:
    """AKS docs "Provide an identity to access the Azure Key Vault provider", as read on 2026-08-21. The rights first:
    a role may take minutes until the vault knows it. Raises NotObserved."""
    found, vault = _found(snapshot), snapshot.vault.get()
    identity = found.identity.get()
    if vault is None or identity is None:
        raise NotObserved("the vault or the identity is not there")
    rights = grant_reading(vault.id, identity.principal_id, found.wishes)
    steps = (rights, *_ways(snapshot, found, identity))
    todo = _lacks_rights(found) or _lacks_way(snapshot, found)
    return Plan(
        GRANT,
        steps,
        keep=(_kept_by_readers(snapshot, vault, identity),),
        notes=tuple(_notes_of_grant(snapshot, found, vault, identity)),
        question="Make these changes?" if todo else "",
        announced=False,
        onward=again(snapshot, "generate"),
    )


def _ways(snapshot: Snapshot, found: Provision, identity: Identity) -> Iterator[Step]:
    """How the provider comes to work as the identity: the add-on's own is on the nodes already. Raises NotObserved."""
    wanted = snapshot.wanted
    if wanted.service_account:
        yield federate(identity.id, found.issuer.url, subject_wanted(wanted))
    elif wanted.identity is not None:
        for each in found.scale_sets.get():
            yield give_identity(each.id, identity.id)


def _lacks_rights(found: Provision) -> bool:
    return any(each.may is not May.YES for each in found.readings.get())


def _lacks_way(snapshot: Snapshot, found: Provision) -> bool:
    wanted = snapshot.wanted
    if wanted.service_account:
        return not takes(found, wanted)
    return wanted.identity is not None and bool(lacking_identity(found))


def _notes_of_grant(snapshot: Snapshot, found: Provision, vault: Vault, identity: Identity) -> Iterator[str]:
    wanted = snapshot.wanted
    yield f"Who: {identity.id.name}, client id {identity.client_id}, object id {identity.principal_id}."
    yield from _notes_of_rights(found, vault)
    if wanted.service_account and _lacks_way(snapshot, found):
        subject = subject_wanted(wanted)
        yield f"Writes a federated credential to {identity.id.name}: issuer {found.issuer.url}, subject {subject}."
    elif _lacks_way(snapshot, found):
        yield "Every pod whose SecretProviderClass names this identity can read as it, on all of these nodes."
        yield "Nodes go on running, and are not replaced; what identities they have they keep."
    yield "No point of no return: what is given can be taken away again."


def _notes_of_rights(found: Provision, vault: Vault) -> Iterator[str]:
    lacking = least(found.readings.get())
    for each in lacking:
        what = f"an access policy ({each.kind}: get)" if isinstance(each, PolicyLacking) else str(each)
        yield f"Writes {what} at {vault.id}."
    if lacking:
        kinds = " and ".join(wish.type.plural for wish in found.wishes)
        yield f"It holds for all {kinds} of the vault, not only for those that were named. Nobody loses a right."
    if RoleLacking(KEY_VAULT_CERTIFICATE_USER) in lacking and Wish(ObjectType.SECRET) not in found.wishes:
        yield "This role lets it read the vault's secrets, too: AKS documents it for keys and certificates."
    if lacking and vault.rbac:
        yield "The vault knows a new role after up to ten minutes. Pods that mount before that try again by themselves."


def _kept_by_readers(snapshot: Snapshot, vault: Vault, identity: Identity) -> str:
    kept = f"{identity.id.name} and its rights on {vault.id.name}, as long as pods mount what is in it"
    if snapshot.wanted.service_account:
        return f"{kept}; a cluster that is made anew has another issuer, and needs this command again"
    if snapshot.wanted.identity is not None:
        return f"{kept}; a node pool that is added later has not got the identity, and needs this command again"
    return kept


def show_provider(world: World, wanted: Wanted) -> Provided:
    """What there is, and what is wrong. Nothing is changed. Raises JournalTrouble when the journal cannot be read."""
    seen = look(wanted, world, (PROVIDER, PROVISION))
    namespace = wanted.namespaces[0] if wanted.namespaces else None
    if seen.cluster.value is None:
        return Provided(world.target, namespace, tuple(run_checks((CLUSTER,), seen)))
    found, findings = _found(seen), tuple(run_checks((PROVIDER,), seen))
    return Provided(
        world.target,
        namespace,
        findings,
        found.addon,
        found.issuer,
        found.workload_identity,
        found.scale_sets,
        seen.provider.value,
    )


ENABLE_PROVIDER = Flow(
    ENABLE, (CLUSTER, PROVISION, GOVERNANCE), plan_enable, (CLUSTER, PROVISION, GOVERNANCE), ENABLE_CURES
)
GRANT_READING = Flow(GRANT, (CLUSTER, PROVISION, GOVERNANCE), plan_grant, (CLUSTER, PROVISION, GOVERNANCE), GRANT_CURES)
