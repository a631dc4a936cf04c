"""Checks of the vaults that the SecretProviderClasses name: there, of the right tenant, and open to the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.private_subjects import new_endpoint
from azext_akskv.checks.provider_class import OLD_TENANT, TENANT, VAULT, written
from azext_akskv.checks.provider_classes import class_by_class, its_vault, nearest, patch, vault_named
from azext_akskv.checks.subjects import at_vault, in_cluster
from azext_akskv.model.federation import with_client_id
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import BadInput, ResourceId, in_short
from azext_akskv.model.members import child, children, text
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.worker import Mode, worker_of
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.pools import subnets_of
from azext_akskv.model.private_way import USABLE, endpoint_to_use
from azext_akskv.model.repairs import repairs_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tenancy import tenants_of
from azext_akskv.model.vault import Openness, Vault

if TYPE_CHECKING:  # it brings along the rules for texts, which checks do not need
    from azext_akskv.model.provider.diagnosis import Diagnosis

AT_HOME = {
    "forbidden_connection": "cause 4 of both documents",
    "forbidden_firewall": "a refusal of the vault's firewall, which is in neither document",
}
"""What a text says when the nodes came to the vault over the public network: the cause's slug, and where it stands."""


@check("class-vault", PROVIDER, State.ERROR, "the vaults that the classes name are there")
def class_vault(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        name, given = vault_named(one), snapshot.vault.value
        if not name or its_vault(view, one) is not None or (given and given.id.name.lower() == name):
            return
        mounted = view.seen.mounted.value or ()
        used = any(
            (each.namespace, each.class_name, each.mounted) == (one.namespace, one.name, True) for each in mounted
        )
        seen = {each.value.id.name for each in view.behind.vaults.values() if each.value}
        seen |= {*view.behind.other_vaults, *([given.id.name] if given else ())}
        meant = nearest(name, seen)
        yield Problem(
            f"{one} names the vault {name}, which is in no subscription that is signed in to"
            f"{f'; there is {meant}' if meant else ''}",
            "pods have mounted it before: it is deleted since, or in a subscription that is not seen"
            if used
            else "a name that no vault has leads nowhere: the lookup fails, or the mount runs out of time (cause 2 of "
            "both documents looks the same). A deleted vault can be recovered for a while",
            patch(one, {VAULT: meant})
            if meant
            else shell("az", "keyvault", "list-deleted", "--resource-type", "vault", "--query", f"[?name=='{name}']"),
            State.WARNING if used else None,
        )

    yield from class_by_class(snapshot, examine)


@check("class-tenant", PROVIDER, State.ERROR, "the classes, their vaults and the cluster are of one tenant")
def class_tenant(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        vault = its_vault(view, one)
        if vault is None or not vault.tenant:
            return
        yield from _told_tenant(one, vault)
        yield from _tenants_apart(snapshot, view, one, vault)

    yield from class_by_class(snapshot, examine)


def _told_tenant(one: SecretProviderClass, vault: Vault) -> Iterator[Problem]:
    said = written(one, TENANT) or written(one, OLD_TENANT)
    if not said or said.lower() == vault.tenant.lower():
        return
    worker = worker_of(one)
    passed_over = worker is not None and worker.mode is Mode.NODE
    yield Problem(
        f"{one} says the tenant {in_short(said, 60)}, and {vault.id.name} is of {vault.tenant}",
        "a node's managed identity does not look at it; every other way to a token fails by it"
        if passed_over
        else "a token is asked of that tenant, and the vault takes those of its own alone: cause 8 of the document on "
        "the provider, 7 of the one on the add-on (401)",
        patch(one, {TENANT: vault.tenant, **({OLD_TENANT: None} if written(one, OLD_TENANT) else {})}),
        State.WARNING if passed_over else None,
    )


def _tenants_apart(snapshot: Snapshot, view: ProviderView, one: SecretProviderClass, vault: Vault) -> Iterator[Problem]:
    """[D] A managed identity is of the tenant of its subscription for good; whose a service principal is, is not
    told."""
    worker, cluster, behind = worker_of(one), snapshot.cluster.value, view.behind
    if worker is None or worker.mode in (Mode.PRINCIPAL, Mode.POD):
        return
    if worker.mode is Mode.NODE:
        tenants = tenants_of(vault, cluster)
    else:
        tenants = tenants_of(vault, None, with_client_id(behind.identities.get(), worker.client_id))
    if not tenants.apart:
        return
    moved = cluster is not None and vault.id.subscription.lower() == cluster.id.subscription.lower()
    yield Problem(
        f"{vault.id.name} is of the tenant {tenants.vault}, and the identity that reads it for {one} of "
        f"{tenants.reader}",
        "the vault refuses its tokens: Invalid issuer (AKV10032), cause 8 of the document on the provider, 7 of the "
        "one on the add-on. "
        + (
            "The subscription has changed its tenant and the vault has not; its access policies have to be made anew"
            if moved
            else "A vault in the identity's tenant is needed, or an application of the vault's tenant"
        ),
        at_vault(vault.id, "update", "--set", f"properties.tenantId={tenants.reader}")
        if moved
        else at_vault(vault.id, "show", "--query", "properties.tenantId"),
    )


@check("class-network", PROVIDER, State.ERROR, "the classes' vaults let the nodes in")
def class_network(snapshot: Snapshot) -> Iterator[Problem]:
    """The texts, or what lies between the nodes and a private endpoint, may prove what the vault's settings only make
    likely."""

    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        vault = its_vault(view, one)
        if vault is None or vault.openness is Openness.PUBLIC:
            return
        proof = _proof(view, vault) or _lacking(snapshot, vault)
        if not proof and (_way_open(snapshot, vault) or _let_in(snapshot, vault)):
            return
        closed = vault.openness is Openness.PRIVATE
        approved = sum(each.status == "Approved" for each in vault.connections)
        way = f"{approved or 'no'} private endpoint{'s' * (approved != 1)} approved"
        yield Problem(
            f"{vault.id.name}, which {one} names, is "
            f"{'closed to public networks' if closed else 'open to some networks alone'}, with {way}"
            f"{f': {proof}' if proof else ''}",
            "its pods come to it through a private endpoint or not at all: its name must lead the nodes to that "
            f"(cause 4 of both documents){'' if closed else '; or its firewall lets their addresses or subnet in'}",
            _let_in_by(snapshot, view, vault),
            None if proof else State.WARNING,
        )

    yield from class_by_class(snapshot, examine)


def _refusal(view: ProviderView, vault: Vault) -> Diagnosis | None:
    """What the texts say of this vault, if pods have not mounted since."""
    name = vault.id.name.lower()
    told = (each for each in view.texts.diagnoses if each.cause.slug in AT_HOME and not each.healed)
    return next((each for each in told if each.facts.get("vault", "").lower() == name), None)


def _proof(view: ProviderView, vault: Vault) -> str:
    found = _refusal(view, vault)
    if found is None:
        return ""
    return f"{found.cause.kind} ({AT_HOME[found.cause.slug]}), {found.source}, line {found.line}: {found.proof}"


def _let_in_by(snapshot: Snapshot, view: ProviderView, vault: Vault) -> str:
    """Through its private endpoint where it has one that counts. Else its firewall lets the address in from which it
    was asked, where it goes by rules and that is known; or an endpoint is made first."""
    if any(each.status in USABLE for each in vault.connections):
        return in_cluster(snapshot, "aks", "kv", "fix-privatelink", "--vault", vault.id)
    refusal = _refusal(view, vault)
    address = refusal.facts.get("client_address", "") if refusal else ""
    if vault.openness is Openness.SELECTED and address:
        return at_vault(vault.id, "network-rule", "add", "--ip-address", address)
    subnet = _subnet_of_nodes(snapshot)
    if subnet is None:  # AKS's own network, which is looked at there
        return in_cluster(snapshot, "aks", "kv", "diagnose", "--category", "privatelink")
    return new_endpoint(vault.id, subnet)


def _subnet_of_nodes(snapshot: Snapshot) -> ResourceId | None:
    try:
        subnets = subnets_of(snapshot.cluster.value) if snapshot.cluster.value else {}
    except BadInput:
        return None
    return next(iter(subnets), None)


def _lacking(snapshot: Snapshot, vault: Vault) -> str:
    """What is missing on the way to its private endpoint, where that was looked at."""
    if not _is_looked_at(snapshot, vault):
        return ""
    try:
        missing = repairs_of(snapshot)
    except NotObserved:
        return ""
    return f"it takes to {', '.join(each.what for each in missing)}" if missing else ""


def _way_open(snapshot: Snapshot, vault: Vault) -> bool:
    """Nothing is missing between the nodes and its private endpoint."""
    if not _is_looked_at(snapshot, vault):
        return False
    try:
        endpoint = endpoint_to_use(snapshot)
        return endpoint is not None and endpoint.connection.status == "Approved" and not repairs_of(snapshot)
    except NotObserved:
        return False


def _is_looked_at(snapshot: Snapshot, vault: Vault) -> bool:
    looked_at = snapshot.vault.value
    return looked_at is not None and looked_at.id == vault.id and snapshot.topology.value is not None


def _let_in(snapshot: Snapshot, vault: Vault) -> bool:
    """Whether the vault's firewall has the subnets of all pools. Addresses by which nodes go out are not known here."""
    cluster, properties = snapshot.cluster.value, child(vault.raw, "properties")
    if vault.openness is not Openness.SELECTED or cluster is None:
        return False
    try:
        rules = {ResourceId.parse(text(each, "id")) for each in children(child(properties, "networkAcls"), RULES)}
        subnets = set(subnets_of(cluster))
    except BadInput:
        return False
    return bool(subnets) and None not in subnets and subnets <= rules


RULES = "virtualNetworkRules"
