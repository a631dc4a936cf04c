"""Opens and closes a vault to public networks, and lets in the private endpoint that AKS made to it."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.vault import EndpointConnection, Openness, Vault


def open_vault(vault: ResourceId) -> Step:
    def look(run: Run) -> Seen | None:
        return Seen("it is") if run.looking.vaults.get(vault).openness is Openness.PUBLIC else None

    return Step(
        "open-vault",
        f"open the vault {vault.name} to public networks",
        look,
        lambda run: run.ports.vaults.open_to_public(run.ports.vaults.get(vault)),
        left_behind="KMS works with the vault open: what may use its keys is still for the grants to say",
    )


def close_vault(vault: ResourceId) -> Step:
    """The last step: until the API servers come over the private endpoint they need the public way. [AKS docs, order
    changed 2026-04-30]"""

    def look(run: Run) -> Seen | None:
        return Seen("it is") if run.looking.vaults.get(vault).openness is Openness.PRIVATE else None

    return Step(
        "close-vault",
        f"close the vault {vault.name} to public networks",
        look,
        lambda run: run.ports.vaults.close_to_public(run.ports.vaults.get(vault)),
        left_behind="KMS works over the private endpoint; the vault may still be open, which harms nothing",
    )


def let_trusted_services_in(vault: ResourceId) -> Step:
    """The way in of the new KMS data encryption to a vault that is closed to public networks. [AKS docs]"""

    def look(run: Run) -> Seen | None:
        return Seen("they may pass") if run.looking.vaults.get(vault).trusted_services else None

    return Step(
        "let-trusted-services-in",
        f"let trusted services pass the firewall of {vault.name}",
        look,
        lambda run: run.ports.vaults.let_trusted_services_in(run.ports.vaults.get(vault)),
        left_behind="the cluster was not touched; what may use the vault's keys is still for the grants to say",
    )


def approve_endpoint(vault: ResourceId) -> Step:
    """AKS makes the endpoint in the node resource group, and approves it as the cluster's identity when that may.
    [AKS docs]"""

    def waiting(found: Vault, cluster: Cluster) -> list[EndpointConnection]:
        return [each for each in of_cluster(found, cluster) if each.status == "Pending"]

    def look(run: Run) -> Seen | None:
        found, cluster = run.looking.vaults.get(vault), run.looking.clusters.get(run.target)
        if waiting(found, cluster):
            return None
        approved = [each for each in of_cluster(found, cluster) if each.status == "Approved"]
        return Seen(approved[0].endpoint.rpartition("/")[2] if approved else "none is waiting")

    def act(run: Run) -> None:
        found, cluster = run.ports.vaults.get(vault), run.ports.clusters.get(run.target)
        for each in waiting(found, cluster):
            run.ports.vaults.approve(found, each)

    return Step(
        "approve-endpoint",
        f"approve the cluster's private endpoint at {vault.name}",
        look,
        act,
        left_behind="the vault must stay open until the endpoint is approved",
    )


def of_cluster(vault: Vault, cluster: Cluster) -> list[EndpointConnection]:
    """The connections of endpoints in the cluster's node resource group."""
    group = f"/resourcegroups/{cluster.node_resource_group}/".lower()
    return [each for each in vault.connections if group in each.endpoint.lower()]
