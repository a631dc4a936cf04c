"""Arc-enabled clusters, by ARM's JSON."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.connected import ArcIssuer, connected_id, issuer_command, parse_connected

OWN = connected_id("s1", "rg1", "edge one")
ISSUER = "https://eastus.oic.prod-arc.azure.com/t1/u1/"


def a_connected(**properties: Any) -> dict[str, Any]:
    """As it was recorded, with an issuer."""
    return {
        "id": "/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.Kubernetes/connectedClusters/edge1",
        "name": "edge1",
        "type": "microsoft.kubernetes/connectedclusters",
        "location": "eastus",
        "identity": {"principalId": "p1", "tenantId": "t1", "type": "SystemAssigned"},
        "properties": {
            "provisioningState": "Succeeded",
            "connectivityStatus": "Connected",
            "agentVersion": "1.26.0",
            "kubernetesVersion": "1.31.8+k3s1",
            "distribution": "k3s",
            "infrastructure": "generic",
            "lastConnectivityTime": "2025-06-05T02:06:20.025Z",
            "arcAgentProfile": {"agentAutoUpgrade": "Enabled", "agentState": "Succeeded"},
            "oidcIssuerProfile": {"enabled": True, "issuerUrl": ISSUER},
            "securityProfile": {"workloadIdentity": {"enabled": False}},
            **properties,
        },
    }


def test_everything_that_is_told_is_read() -> None:
    cluster = parse_connected(a_connected())
    assert (cluster.id.name, cluster.location, cluster.principal_id) == ("edge1", "eastus", "p1")
    assert (cluster.provisioning_state, cluster.agent_state) == ("Succeeded", "Succeeded")
    assert (cluster.agent_version, cluster.kubernetes_version) == ("1.26.0", "1.31.8+k3s1")
    assert (cluster.distribution, cluster.infrastructure) == ("k3s", "generic")
    assert cluster.last_seen == datetime(2025, 6, 5, 2, 6, 20, tzinfo=timezone.utc)
    assert cluster.issuer == ArcIssuer(True, ISSUER) and cluster.issuer.in_force == ISSUER
    assert cluster.connected and not cluster.workload_identity
    assert (cluster.old_agent, cluster.old_kubernetes, cluster.issuer.pending) == (False, False, False)


@pytest.mark.parametrize("told", ["Offline", "Expired", "Connecting", "AgentNotInstalled", "", None])
def test_only_connected_is_connected(told: str | None) -> None:
    assert not parse_connected(a_connected(connectivityStatus=told)).connected


@pytest.mark.parametrize(
    ("agent", "kubernetes", "old"),
    [
        ("1.20.9", "1.26.14", (True, True)),
        ("1.21.0", "1.27.0", (False, False)),
        ("1.9.0", "1.9.1", (True, True)),
        ("2.0", "v1.30.1+k3s1", (False, False)),
        ("", None, (None, None)),
        ("latest", "1", (None, None)),
    ],
)
def test_versions_that_are_too_old(agent: str, kubernetes: str | None, old: tuple[bool | None, bool | None]) -> None:
    cluster = parse_connected(a_connected(agentVersion=agent, kubernetesVersion=kubernetes))
    assert (cluster.old_agent, cluster.old_kubernetes) == old


@pytest.mark.parametrize(
    ("profile", "pending", "in_force"),
    [
        (None, False, ""),
        ({"enabled": False}, False, ""),
        ({"enabled": True, "issuerUrl": ""}, True, ""),
        ({"enabled": True, "issuerUrl": ISSUER}, False, ISSUER),
        ({"enabled": True, "issuerUrl": "", "selfHostedIssuerUrl": "https://own/"}, False, "https://own/"),
    ],
)
def test_an_issuer_that_is_turned_on_may_not_be_there_yet(profile: Any, pending: bool, in_force: str) -> None:
    issuer = parse_connected(a_connected(oidcIssuerProfile=profile)).issuer
    assert (issuer.pending, issuer.in_force) == (pending, in_force)


def test_the_command_names_the_cluster_and_is_quoted() -> None:
    cluster = parse_connected({**a_connected(), "id": str(OWN).replace(" ", "-")})
    told = "az connectedk8s update --subscription s1 -g rg1 -n edge-one --enable-oidc-issuer"
    assert issuer_command(cluster) == told
    assert issuer_command(cluster, "https://own/") == f"{told} --self-hosted-issuer https://own/"


@pytest.mark.parametrize(
    ("distribution", "needs"), [("eks", True), ("GKE", True), ("aks", True), ("k3s", False), ("aks_edge_k3s", False)]
)
def test_distributions_with_an_issuer_of_their_own_have_to_name_it(distribution: str, needs: bool) -> None:
    cluster = parse_connected(a_connected(distribution=distribution))
    assert cluster.needs_self_hosted is needs
    assert ("--self-hosted-issuer '<ISSUER_URL>'" in issuer_command(cluster)) is needs


@pytest.mark.parametrize("wrong", [{}, {"id": "x"}, {**a_connected(), "id": a_connected()["id"] + "/a/b"}, [], "x"])
def test_what_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(BadInput):
        parse_connected(wrong)
