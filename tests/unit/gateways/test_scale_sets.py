"""Scale sets: read with their identities, and given one more, without any that they have being taken."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, OperationFailed, Rejected
from azext_akskv.gateways.operations import Unwatched
from azext_akskv.gateways.scale_sets import ArmScaleSets
from azext_akskv.model.cluster import Cluster, parse_cluster
from azext_akskv.model.ids import ResourceId, identity_id
from azext_akskv.model.scale_set import SCALE_SET_TYPE
from tests.builders import NOW
from tests.unit.gateways import test_clusters
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service
from tests.unit.gateways.test_clusters import Seen, unknown_version

GROUP = "MC_rg1_shop_westeurope"
OWN = ResourceId(SUBSCRIPTION, GROUP, SCALE_SET_TYPE, ("aks-nodepool1-31337000-vmss",))
ALL = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{SCALE_SET_TYPE}"
KUBELET, MINE = identity_id(SUBSCRIPTION, GROUP, "shop-agentpool"), identity_id(SUBSCRIPTION, "rg1", "mine")
OPERATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations/1"


def scale_set(kind: str = "UserAssigned", state: str = "Succeeded", **tags: str) -> dict[str, Any]:
    identity = {"type": kind, "userAssignedIdentities": {str(KUBELET): {"clientId": "c1", "principalId": "p1"}}}
    if "SystemAssigned" in kind:
        identity["principalId"] = "own"
    profile = {"storageProfile": {"osDisk": {"osType": "Linux"}}}
    properties = {"provisioningState": state, "virtualMachineProfile": profile}
    return {"id": str(OWN), "name": OWN.name, "tags": tags, "identity": identity, "properties": properties}


@pytest.fixture
def scale_sets(clients: ClientsOfService) -> ArmScaleSets:
    return ArmScaleSets(clients, poll_seconds=0.01)  # type: ignore[arg-type]  # a stand-in


@pytest.fixture
def shop() -> Cluster:
    return parse_cluster(test_clusters.a_cluster(nodeResourceGroup=GROUP), NOW)


def found(service: Service, scale_sets: ArmScaleSets, shop: Cluster, kind: str = "UserAssigned") -> Any:
    service.answers("GET", ALL, Reply(200, {"value": [scale_set(kind)]}))
    [one] = scale_sets.of(shop)
    return one


def test_those_of_the_node_resource_group_are_read(service: Service, scale_sets: ArmScaleSets, shop: Cluster) -> None:
    other = scale_set("SystemAssigned, UserAssigned", **{"aks-managed-poolName": "work"})
    following = f"{service.url}{ALL}?api-version=2024-07-01&%24skiptoken=x"
    pages = Reply(200, {"value": [scale_set()], "nextLink": following}), Reply(200, {"value": [other]})
    service.answers("GET", ALL, *pages)
    one, two = scale_sets.of(shop)
    assert (one.id, one.pool, one.os, one.has_system_identity) == (OWN, "nodepool1", "Linux", False)
    assert [(each.id, each.client_id, each.principal_id) for each in one.identities] == [(KUBELET, "c1", "p1")]
    assert (two.pool, two.has_system_identity, two.system_principal) == ("work", True, "own")
    assert service.requests[0].query["api-version"] == "2024-07-01"


def test_an_older_cloud_is_asked_with_what_it_knows(service: Service, scale_sets: ArmScaleSets, shop: Cluster) -> None:
    service.answers("GET", ALL, unknown_version("2024-07-01"), Reply(200, {"value": []}))
    assert scale_sets.of(shop) == []
    assert [each.query["api-version"] for each in service.requests] == ["2024-07-01", "2022-11-01"]


@pytest.mark.parametrize("kind", ["UserAssigned", "SystemAssigned, UserAssigned"])
def test_one_identity_more_goes_as_a_patch_that_names_only_it(
    service: Service, scale_sets: ArmScaleSets, shop: Cluster, kind: str
) -> None:
    seen, one = Seen(service), found(service, scale_sets, shop, kind)
    headers = {"Azure-AsyncOperation": f"{service.url}{OPERATION}?api-version=2024-07-01"}
    service.answers("PATCH", str(OWN), Reply(200, scale_set(kind, "Updating"), headers))
    service.answers("GET", OPERATION, Reply(200, {"status": "InProgress"}), Reply(200, {"status": "Succeeded"}))
    service.answers("GET", str(OWN), Reply(200, scale_set(kind)))
    scale_sets.assign(one, MINE, seen)
    [patch] = service.made("PATCH")
    assert patch.body == {"identity": {"type": kind, "userAssignedIdentities": {str(MINE): {}}}}
    assert OPERATION in seen.operation and seen.statuses == ["InProgress", "Succeeded"] and not service.made("PUT")


REFUSED = [
    (403, "LinkedAuthorizationFailed", Denied),
    (403, "DenyAssignmentAuthorizationFailed", Denied),
    (409, "OperationNotAllowed", Conflict),
    (400, "FailedIdentityOperation", Rejected),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSED)
def test_a_refusal_keeps_its_code(
    service: Service, scale_sets: ArmScaleSets, shop: Cluster, status: int, code: str, kind: type[Exception]
) -> None:
    one = found(service, scale_sets, shop)
    service.answers("PATCH", str(OWN), Reply(status, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(kind) as caught:
        scale_sets.assign(one, MINE, Unwatched())
    assert getattr(caught.value, "code", "") == code


def test_an_assignment_that_ends_badly_is_told(service: Service, scale_sets: ArmScaleSets, shop: Cluster) -> None:
    one = found(service, scale_sets, shop)
    headers = {"Azure-AsyncOperation": f"{service.url}{OPERATION}?api-version=2024-07-01"}
    service.answers("PATCH", str(OWN), Reply(202, None, headers))
    error = {"code": "InternalExecutionError", "message": "an internal error"}
    service.answers("GET", OPERATION, Reply(200, {"status": "Failed", "error": error}))
    with pytest.raises(OperationFailed, match="an internal error"):
        scale_sets.assign(one, MINE, Unwatched())


def test_a_scale_set_that_is_none_is_told(service: Service, scale_sets: ArmScaleSets, shop: Cluster) -> None:
    service.answers("GET", ALL, Reply(200, {"value": [{"id": "x"}]}))
    with pytest.raises(Rejected, match="not an ARM resource id"):
        scale_sets.of(shop)
