"""Checks of the way from the nodes to the private endpoint: peerings, address spaces, security groups, routes."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PRIVATE_LINK, NotApplicable, check
from azext_akskv.checks.private_subjects import after_us, network_list, the_nodes, the_seen_endpoint, the_topology
from azext_akskv.checks.subjects import at_vault, in_cluster, the_cluster, the_vault
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.network import SecurityRule, VirtualNetwork
from azext_akskv.model.pools import provider_principal
from azext_akskv.model.private_way import (
    Attempt,
    address_of,
    around_of,
    denies,
    detours,
    hub_between,
    in_the_way,
    meets,
    policies_at,
)
from azext_akskv.model.repair import NewLink
from azext_akskv.model.repairs import HUB, ails, lacking, repairs_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.topology import EndpointSeen, NodeSubnet


def _apart(snapshot: Snapshot) -> Iterator[tuple[NodeSubnet, VirtualNetwork, VirtualNetwork]]:
    """The nodes' networks that are not the endpoint's own, each once. Raises NotApplicable where peerings are not ours
    to look after."""
    if snapshot.wanted.skip_peering:
        raise NotApplicable("left out: --skip-peering")
    far = the_seen_endpoint(snapshot).network.get()
    seen = set()
    for node in the_nodes(snapshot):
        near = node.network.get()
        if far is not None and near.id != far.id and near.id not in seen:
            seen.add(near.id)
            yield node, near, far


@check("networks-overlap", PRIVATE_LINK, State.ERROR, "the networks can be peered: their addresses do not overlap")
def networks_overlap(snapshot: Snapshot) -> Iterator[Problem]:
    for node, near, far in _apart(snapshot):
        if near.peering_with(far.id) and far.peering_with(near.id):
            continue  # subnets alone may be peered where the networks overlap; then they are already
        common = meets(near, far)
        third = in_the_way(near, far) or in_the_way(far, near)
        if common:
            yield Problem(
                f"{near.id.name} and {far.id.name} overlap ({', '.join(common)}) and cannot be peered",
                "the vault needs a private endpoint in the nodes' network, or in one that does not overlap with it",
                _endpoint_beside(snapshot, node),
            )
        elif third is not None:
            owner = third.id.names[0]
            yield Problem(
                f"the peering {third.id.name} of {owner} with {third.remote.name} ({third.state}) takes the addresses "
                f"that {far.id.name if owner == near.id.name else near.id.name} has",
                "Azure refuses a second peering over the same addresses, also where the first is Disconnected and its "
                "network long gone. If nothing needs it any more",
                shell("az", "network", "vnet", "peering", "delete", "--ids", third.id),
            )


def _endpoint_beside(snapshot: Snapshot, node: NodeSubnet) -> str:
    home, vault = node.in_network, the_vault(snapshot).id
    return shell(
        *("az", "network", "private-endpoint", "create", "--subscription", home.subscription),
        *("--resource-group", home.group, "--name", f"{vault.name}-for-nodes", "--vnet-name", home.name),
        *("--subnet", node.id.name, "--private-connection-resource-id", vault, "--group-id", "vault"),
        *("--connection-name", vault.name),
    )


@check("node-group-locked", PRIVATE_LINK, State.ERROR, "the nodes' network may be peered and linked")
def node_group_locked(snapshot: Snapshot) -> Iterator[Problem]:
    if not the_topology(snapshot).locked_down:
        return
    unlinked = {each.network for each in repairs_of(snapshot) if isinstance(each, NewLink)}
    for node, near, far in _apart(snapshot):
        bare = ails(near.peering_with(far.id), far.peering_with(near.id)) or near.id in unlinked
        if node.managed and bare:
            yield Problem(
                f"nobody may peer {near.id.name} or link it: the node resource group {near.id.group} is locked down",
                "no role helps against that deny assignment. An endpoint in a network that the nodes reach, a cluster "
                "in a network of yours, or (not with AKS Automatic) no lockdown",
                in_cluster(snapshot, "aks", "update", "--nrg-lockdown-restriction-level", "Unrestricted"),
            )


@check(HUB, PRIVATE_LINK, State.ERROR, "no hub lies between the nodes and the private endpoint", may_accept=True)
def hub_route(snapshot: Snapshot) -> Iterator[Problem]:
    """[D] Peerings are not transitive: only an appliance in the hub, with routes to it on both sides, leads through."""
    for _, near, far in _apart(snapshot):
        hub = hub_between(near, far)
        if hub is not None:
            yield Problem(
                f"{near.id.name} and {far.id.name} are both peered with {hub.name}, and not with each other",
                "only an appliance leads through a hub, with routes on both sides. If yours does, --skip-peering "
                "leaves the peerings alone; --accept hub-route asks for a direct peering beside the hub",
                f"{after_us(snapshot)} --skip-peering",
            )


@check("peering-missing", PRIVATE_LINK, State.ERROR, "the networks are peered, both ways, and up to date")
def peering_missing(snapshot: Snapshot) -> Iterator[Problem]:
    address = address_of(the_seen_endpoint(snapshot))
    for _, near, far in _apart(snapshot):
        sides = near.peering_with(far.id), far.peering_with(near.id)
        ill = ails(*sides, address), ails(sides[1], sides[0])
        told = [f"from {one.id.name} to {other.id.name}: {why}" for one, other, why in _both(near, far, ill) if why]
        if told:
            yield Problem(
                f"the peering {'; '.join(told)}",
                "a peering carries something only when both sides are Connected and allow access",
                after_us(snapshot),
            )


def _both(
    near: VirtualNetwork, far: VirtualNetwork, ill: tuple[str | None, str | None]
) -> Iterator[tuple[VirtualNetwork, VirtualNetwork, str | None]]:
    yield near, far, ill[0]
    yield far, near, ill[1]


@check("security-group", PRIVATE_LINK, State.ERROR, "no security group keeps the nodes away", may_accept=True)
def security_group(snapshot: Snapshot) -> Iterator[Problem]:
    """[D] The groups of the nodes' subnet, and those of the endpoint's where network policies are on. AKS's own group
    on the nodes is AKS's to keep."""
    seen = the_seen_endpoint(snapshot)
    address, far = address_of(seen), seen.network.get()
    for node in the_nodes(snapshot):
        subnet, network = node.subnet, node.network.get()
        around = (*around_of(network), *(far.prefixes if far else ()))  # as it is once they are peered
        attempt = Attempt(subnet.prefixes if subnet else (), address, around)
        group = node.security_group.get()
        rule = denies(group, attempt, outbound=True) if group else None
        if group and rule:
            yield _denied(rule, str(group.id), attempt, "Outbound")
        yield from _at_the_endpoint(seen, attempt)


def _at_the_endpoint(seen: EndpointSeen, attempt: Attempt) -> Iterator[Problem]:
    group = seen.security_group.get()
    rule = (
        denies(group, attempt, outbound=False) if group and policies_at(seen, "NetworkSecurityGroupEnabled") else None
    )
    if group and rule:
        yield _denied(rule, str(group.id), attempt, "Inbound")


def _denied(rule: SecurityRule, group: str, attempt: Attempt, direction: str) -> Problem:
    where = group.split("/")
    return Problem(
        f"the rule {rule.name} of the security group {where[-1]} lets no TCP 443 from {', '.join(attempt.sources)} to "
        f"{attempt.address} pass",
        "whoever owns that group decides; this rule before it would let the nodes through",
        shell(
            *("az", "network", "nsg", "rule", "create", "--subscription", where[2], "--resource-group", where[4]),
            *("--nsg-name", where[-1], "--name", "vault-endpoint", "--priority", max(100, rule.priority - 1)),
            *("--direction", direction, "--access", "Allow", "--protocol", "Tcp"),
            *("--source-address-prefixes", *attempt.sources),
            *("--destination-address-prefixes", attempt.address, "--destination-port-ranges", 443),
        ),
    )


@check("route-detour", PRIVATE_LINK, State.ERROR, "no route takes the nodes' requests elsewhere", may_accept=True)
def route_detour(snapshot: Snapshot) -> Iterator[Problem]:
    seen = the_seen_endpoint(snapshot)
    for node in the_nodes(snapshot):
        for told in detours(node, seen):
            yield Problem(
                f"the route {told} takes what goes to {address_of(seen)}",
                "the endpoint's subnet has network policies for route tables, so the route counts. If its appliance "
                "lets it through, --accept route-detour; else ask whoever owns it",
                network_list(node.in_network),
            )


@check("repair-rights", PRIVATE_LINK, State.WARNING, "you may make all that is missing")
def repair_rights(snapshot: Snapshot) -> Iterator[Problem]:
    the_seen_endpoint(snapshot)
    repairs = repairs_of(snapshot)
    if not repairs:
        raise NotApplicable("nothing is missing")
    for repair in repairs:
        needs = lacking(snapshot, repair)
        if needs:
            told = ", ".join(f"{need.action} at {need.scope}" for need in needs)
            yield Problem(
                f"you may not {repair.what}: {told}",
                "the rest is done without it; whoever has the rights can run this, and then this command again",
                repair.command,
            )


@check("provider-grant", PRIVATE_LINK, State.WARNING, "the secrets provider's identity may read the vault")
def provider_grant(snapshot: Snapshot) -> Iterator[Problem]:
    """[AKS docs, secrets provider] The add-on's own identity; pods with a workload identity bring theirs."""
    cluster, vault = the_cluster(snapshot), the_vault(snapshot)
    principal = provider_principal(cluster)
    if principal is None:
        raise NotApplicable("the add-on with its own identity is not on")
    if snapshot.provider_grants is None or (snapshot.provider_grants.get() or vault.grants_secrets_to(principal)):
        return
    yield Problem(
        f"the secrets provider's identity has no role and no policy on {vault.id.name}",
        "once the network lets it through, the vault refuses it with ForbiddenByRbac or ForbiddenByPolicy, unless pods "
        "bring an identity of their own",
        shell(
            *("az", "role", "assignment", "create", "--role", "Key Vault Secrets User"),
            *("--assignee-object-id", principal, "--assignee-principal-type", "ServicePrincipal", "--scope", vault.id),
        )
        if vault.rbac
        else at_vault(vault.id, "set-policy", "--object-id", principal, "--secret-permissions", "get"),
    )
