"""Checks of the way to the vault: the mode that the cluster declares against what the vault's firewall really says."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import NETWORK, NotApplicable, check
from azext_akskv.checks.subjects import (
    at_vault,
    in_cluster,
    in_neighbour,
    is_customers_key,
    only_for,
    over_private_endpoint,
    the_cluster,
    the_vault,
    unless_unused,
)
from azext_akskv.model.choice import network_access_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Openness, Vault


@check("vault-unreachable", NETWORK, State.ERROR, "the vault's firewall fits the mode that the cluster declares")
def vault_unreachable(snapshot: Snapshot) -> Iterator[Problem]:
    """Legacy KMS knows two shapes: open to all public networks, or closed with a private endpoint. [AKS docs]"""
    unless_unused(snapshot)
    vault, mode = the_vault(snapshot), network_access_of(snapshot)
    if is_customers_key(snapshot):
        yield from _for_trusted_services(vault, mode)
    elif vault.openness is Openness.SELECTED:
        yield Problem(
            f"the firewall of {vault.id.name} lets selected networks in",
            "the control plane's addresses are not yours to know, so no rule can let it in: KMS works with a vault "
            "that is open to all public networks, or closed and Private",
            at_vault(vault.id, "update", "--default-action", "Allow", "--public-network-access", "Enabled"),
        )
    elif mode == "Public" and vault.openness is Openness.PRIVATE:
        yield Problem(
            f"the vault {vault.id.name} is closed to public networks, and the mode is Public",
            "the API servers would come over the public network and be turned away: open the vault, or use Private",
            at_vault(vault.id, "update", "--public-network-access", "Enabled"),
        )
    elif mode == "Private" and vault.openness is Openness.PUBLIC:
        yield Problem(
            f"the vault {vault.id.name} is open to public networks, although the mode is Private",
            "that works, and it is how the page wants it while KMS is being turned on; afterwards it should be closed",
            at_vault(vault.id, "update", "--public-network-access", "Disabled"),
            State.WARNING,
        )


def _for_trusted_services(vault: Vault, mode: str | None) -> Iterator[Problem]:
    """The third shape, of the new KMS data encryption: closed, with a way in for trusted services. [AKS docs]"""
    if vault.openness is Openness.PUBLIC or (mode == "Private" and vault.trusted_services):
        return
    yield Problem(
        f"the firewall of {vault.id.name} keeps AKS out: it is not open, and "
        + ("trusted services may not pass it" if mode == "Private" else "the mode is Public"),
        "with the new KMS data encryption AKS comes in as a trusted service where the mode is Private, and over the "
        "public network where it is Public",
        at_vault(vault.id, "update", "--default-action", "Deny", "--bypass", "AzureServices"),
    )


@check("vnet-integration", NETWORK, State.ERROR, "the API server reaches the vault over the virtual network")
def vnet_integration(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    cluster = the_cluster(snapshot)
    if not over_private_endpoint(snapshot):
        raise NotApplicable("AKS needs no private endpoint")
    if not cluster.vnet_integration:
        yield Problem(
            f"{cluster.id.name} has no API Server VNet Integration, which a private vault needs",
            "turning it on cannot be undone: it takes a delegated subnet of /28 or larger for the API server alone, "
            "upgrades every node's image, needs an `az aks stop` and `az aks start` right after, and gives the API "
            "server another address. A public vault works without it",
            in_cluster(
                snapshot, "aks", "update", "--enable-apiserver-vnet-integration", "--apiserver-subnet-id", "SUBNET_ID"
            ),
        )


@check("mode-differs", NETWORK, State.ERROR, "the mode that was asked for is the one in use")
def mode_differs(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "enable")
    cluster, asked = the_cluster(snapshot), snapshot.wanted.network_access
    declared = cluster.kms.network_access or "Public"
    if cluster.kms.enabled and asked and asked != declared:
        yield Problem(
            f"KMS is on with the mode {declared}, and {asked} was asked for",
            "the mode of the attached vault cannot be changed while KMS is on: turn it off, then on again with the "
            "other mode. To Private: close the vault last. To Public: open it first",
            in_cluster(snapshot, "aks", "kv", "kms", "disable"),
        )


@check("endpoint-pending", NETWORK, State.WARNING, "no private endpoint of the vault waits for approval")
def endpoint_pending(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault = the_vault(snapshot)
    if not over_private_endpoint(snapshot):
        raise NotApplicable("AKS needs no private endpoint")
    for connection in vault.connections:
        if connection.status == "Pending":
            yield Problem(
                f"a private endpoint of {vault.id.name} waits for approval: {connection.endpoint or connection.id}",
                "until it is approved nothing comes through it; if it is the one that AKS made, KMS does not work",
                shell("az", "keyvault", "private-endpoint-connection", "approve", "--id", connection.id),
            )


@check("endpoint-left", NETWORK, State.WARNING, "no private endpoint is left over at the vault")
def endpoint_left(snapshot: Snapshot) -> Iterator[Problem]:
    """AKS makes one for the private mode, and none of its own for each cluster that leaves it. [AKS#3542]"""
    unless_unused(snapshot)
    cluster, vault = the_cluster(snapshot), the_vault(snapshot)
    for connection in vault.connections:
        group = f"/resourcegroups/{cluster.node_resource_group}/".lower()
        unused = group in connection.endpoint.lower() and cluster.kms.enabled and not over_private_endpoint(snapshot)
        if connection.status == "Disconnected" or unused:
            yield Problem(
                f"a private endpoint at {vault.id.name} is left over: {connection.endpoint or connection.id}",
                "its endpoint is gone, or was made by AKS for the private mode, which the cluster does not use",
                shell("az", "keyvault", "private-endpoint-connection", "delete", "--id", connection.id),
            )


@check("vault-closing-shared", NETWORK, State.ERROR, "no other cluster needs the vault to stay open", may_accept=True)
def vault_closing_shared(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "migrate-mode")
    vault = the_vault(snapshot)
    if network_access_of(snapshot) != "Private":
        raise NotApplicable("the vault will not be closed")
    for other in snapshot.neighbours.get():
        theirs = other.kms.key is not None and other.kms.key.host == vault.host
        if theirs and (other.kms.network_access or "Public") == "Public":
            yield Problem(
                f"the cluster {other.id.name} in {other.id.group} uses {vault.id.name} over the public network",
                "with the vault closed its API servers lose their key: give it a vault of its own, or make it private "
                "first",
                in_neighbour(other.id),
            )
