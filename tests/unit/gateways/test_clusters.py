"""Clusters: read whatever the cloud's age, given back whole and guarded, watched while the operation runs."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Missing, OperationFailed, Rejected
from azext_akskv.gateways.clusters import ArmClusters
from azext_akskv.model.addon import ADDON, AddonSetting
from azext_akskv.model.cluster import Experience
from azext_akskv.model.ids import KeyId, cluster_id, identity_id, vault_id
from azext_akskv.ports import KmsSetting
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service

SHOP = cluster_id(SUBSCRIPTION, "rg1", "shop")
PATH = str(SHOP)
OPERATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/westeurope/operations/1"
KEY = KeyId("kv1.vault.azure.net", "kms", "a" * 32)
VAULT = vault_id(SUBSCRIPTION, "rg1", "kv1")
PUBLIC = KmsSetting(KEY, "Public", VAULT)


def a_cluster(**properties: Any) -> dict[str, Any]:
    return {
        "id": str(SHOP).replace("resourceGroups", "resourcegroups"),
        "name": "shop",
        "location": "westeurope",
        "eTag": "11111111-1111-4111-8111-111111111111",
        "tags": {"team": "shop"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {}},
        "sku": {"name": "Base", "tomorrow": {"unknown": [1, None]}},
        "properties": {
            "provisioningState": "Succeeded",
            "currentKubernetesVersion": "1.30.4",
            "securityProfile": {"workloadIdentity": {"enabled": True}, "notKnownToUs": {"deep": True}},
            **properties,
        },
    }


class Seen:
    """A Watch that remembers, with the number of requests that the service had had by then."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.operation = ""
        self.after_requests = 0
        self.statuses: list[str] = []

    def accepted(self, operation_url: str) -> None:
        self.operation, self.after_requests = operation_url, len(self._service.requests)

    def status(self, status: str) -> None:
        self.statuses.append(status)


@pytest.fixture
def clusters(clients: ClientsOfService) -> ArmClusters:
    return ArmClusters(clients, poll_seconds=0.01)  # type: ignore[arg-type]  # a stand-in


def unknown_version(version: str) -> Reply:
    message = f"No registered resource provider found for API version '{version}' for type 'managedClusters'."
    return Reply(400, {"error": {"code": "NoRegisteredProviderFound", "message": message}})


def accepts_the_change(service: Service, *polls: Reply) -> None:
    headers = {"Azure-AsyncOperation": f"{service.url}{OPERATION}?api-version=2025-03-01&t=1"}
    service.answers("PUT", PATH, Reply(200, a_cluster(provisioningState="Updating"), headers))
    service.answers("GET", OPERATION, *polls)


def test_a_cluster_is_read_with_the_services_own_time(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    found = clusters.get(SHOP)
    assert found.raw == a_cluster() and found.id == SHOP and found.experience is Experience.NEVER
    assert found.seen_at.isoformat() == "2026-11-22T12:00:00+00:00"
    assert found.knows_renewed and service.requests[0].query["api-version"] == "2026-08-01"


def test_the_tenant_is_the_subscriptions_where_the_cluster_does_not_tell(
    service: Service, clusters: ArmClusters
) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    assert clusters.get(SHOP).tenant == f"the tenant of {SHOP.subscription}"


def test_a_cloud_that_knows_only_older_versions_is_asked_with_those(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, unknown_version("2026-08-01"), unknown_version("2026-06-01"), Reply(200, a_cluster()))
    assert not clusters.get(SHOP).knows_renewed
    clusters.get(SHOP)
    versions = [request.query["api-version"] for request in service.requests]
    assert versions == ["2026-08-01", "2026-06-01", "2025-05-01", "2025-05-01"]


def test_a_cloud_that_knows_none_of_our_versions_says_so(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, unknown_version("any"))
    with pytest.raises(Rejected, match="NoRegisteredProviderFound"):
        clusters.get(SHOP)


def test_a_cluster_that_is_not_there_is_asked_for_once(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(404, {"error": {"code": "ResourceNotFound", "message": "not found"}}))
    with pytest.raises(Missing):
        clusters.get(SHOP)
    assert len(service.requests) == 1


def test_an_answer_without_a_date_is_refused(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster(), {"Date": ""}))
    with pytest.raises(Rejected, match="no Date header"):
        clusters.get(SHOP)


def test_turning_kms_on_gives_back_everything_else_as_it_was(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    accepts_the_change(service, Reply(200, {"status": "Succeeded"}))
    seen = clusters.get(SHOP)
    clusters.turn_on_kms(seen, PUBLIC, {"team": "shop", "akskv-run": "run1"}, Seen(service))
    [put] = service.made("PUT")
    expected = copy.deepcopy(a_cluster())
    for read_only in ("id", "name", "eTag"):
        del expected[read_only]
    for read_only in ("provisioningState", "currentKubernetesVersion"):
        del expected["properties"][read_only]
    expected["tags"] = {"team": "shop", "akskv-run": "run1"}
    expected["properties"]["securityProfile"]["azureKeyVaultKms"] = {
        "enabled": True,
        "keyId": str(KEY),
        "keyVaultNetworkAccess": "Public",
        "keyVaultResourceId": "",
    }
    assert put.body == expected
    assert put.headers["if-match"] == '"11111111-1111-4111-8111-111111111111"'
    assert put.query["api-version"] == "2026-08-01"


def test_a_body_goes_back_under_the_version_it_came_with(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, unknown_version("2026-08-01"), Reply(200, a_cluster()))
    accepts_the_change(service, Reply(200, {"status": "Succeeded"}))
    clusters.turn_off_kms(clusters.get(SHOP), {}, Seen(service))
    [put] = service.made("PUT")
    assert put.query["api-version"] == "2026-06-01"
    assert put.body["properties"]["securityProfile"]["azureKeyVaultKms"] == {"enabled": False}


def test_an_identity_is_assigned_with_the_tags(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    accepts_the_change(service, Reply(200, {"status": "Succeeded"}))
    identity = identity_id(SUBSCRIPTION, "rg1", "id1")
    tags = {"team": "shop", "akskv-identity-since": "now"}
    clusters.assign_identity(clusters.get(SHOP), identity, tags, Seen(service))
    [put] = service.made("PUT")
    assert put.body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {str(identity): {}}}
    assert put.body["tags"] == {"team": "shop", "akskv-identity-since": "now"}


def test_the_addon_of_the_secrets_provider_is_turned_on_in_the_whole_document(
    service: Service, clusters: ArmClusters
) -> None:
    policy = {"azurepolicy": {"enabled": True, "config": None}}
    service.answers("GET", PATH, Reply(200, a_cluster(addonProfiles=policy)))
    accepts_the_change(service, Reply(200, {"status": "Succeeded"}))
    clusters.set_secrets_provider(clusters.get(SHOP), AddonSetting(rotation=True), {"team": "shop"}, Seen(service))
    [put] = service.made("PUT")
    config = {"enableSecretRotation": "true", "rotationPollInterval": "2m"}
    addon = {ADDON: {"enabled": True, "config": config}}
    assert put.body["properties"]["addonProfiles"] == policy | addon
    assert put.body["sku"] == a_cluster()["sku"] and put.body["tags"] == {"team": "shop"}
    assert put.headers["if-match"] == '"11111111-1111-4111-8111-111111111111"'


def test_a_watch_learns_the_operation_before_the_first_poll_and_each_status(
    service: Service, clusters: ArmClusters
) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    note = {"error": {"code": "NotLatestOperation", "message": "a working note"}}
    statuses = ("InProgress", "ProvisioningControlPlane", "ReconcilingAddons")
    polls = [Reply(200, {"status": status, **note}) for status in statuses]
    accepts_the_change(service, *polls, Reply(200, {"status": "Succeeded", **note}))
    seen = Seen(service)
    clusters.turn_off_kms(clusters.get(SHOP), {}, seen)
    assert seen.operation == f"{service.url}{OPERATION}?api-version=2025-03-01&t=1"
    assert seen.after_requests == 2  # the read and the PUT
    assert seen.statuses == [*statuses, "Succeeded"]


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
def test_an_operation_that_ends_badly_fails_with_its_own_words(
    service: Service, clusters: ArmClusters, status: str
) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    error = {"code": "KMSFailed", "message": "the control plane did not come back"}
    ended = Reply(200, {"status": status, "error": error}, {"x-ms-correlation-request-id": "c1"})
    accepts_the_change(service, Reply(200, {"status": "InProgress"}), ended)
    with pytest.raises(OperationFailed, match="did not come back") as caught:
        clusters.turn_off_kms(clusters.get(SHOP), {}, Seen(service))
    assert caught.value.code == "KMSFailed" and caught.value.request_id == "c1"


def test_ctrl_c_while_an_operation_runs_ends_the_watching_at_once(service: Service, clusters: ArmClusters) -> None:
    class Interrupting(Seen):
        def status(self, status: str) -> None:
            super().status(status)
            raise KeyboardInterrupt

    service.answers("GET", PATH, Reply(200, a_cluster()))
    accepts_the_change(service, Reply(200, {"status": "InProgress"}))
    seen, read = Interrupting(service), clusters.get(SHOP)
    with pytest.raises(KeyboardInterrupt):
        clusters.turn_off_kms(read, {}, seen)
    assert seen.operation and seen.statuses == ["InProgress"]


def test_polls_that_fail_are_tried_again(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    accepts_the_change(service, Reply(502, "bad gateway"), Reply(cut=True), Reply(200, {"status": "Succeeded"}))
    seen = Seen(service)
    clusters.turn_off_kms(clusters.get(SHOP), {}, seen)
    assert seen.statuses == ["Succeeded"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (412, "PreconditionFailed", Conflict),
        (409, "OperationNotAllowed", Conflict),
        (400, "AzureKeyVaultKmsValidateIdentityPermissionCustomerError", Rejected),
    ],
)
def test_a_refused_change_keeps_the_services_code(
    service: Service, clusters: ArmClusters, status: int, code: str, kind: type[Exception]
) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    service.answers("PUT", PATH, Reply(status, {"code": code, "message": "no", "details": None, "subcode": ""}))
    seen = Seen(service)
    with pytest.raises(kind) as caught:
        clusters.turn_on_kms(clusters.get(SHOP), PUBLIC, {}, seen)
    assert getattr(caught.value, "code", "") == code and not seen.operation


def test_a_change_whose_answer_was_lost_meets_itself_as_a_conflict(service: Service, clusters: ArmClusters) -> None:
    """The SDK sends a PUT again when the connection breaks; If-Match keeps the second one from doing anything."""
    service.answers("GET", PATH, Reply(200, a_cluster()))
    changed = {"error": {"code": "PreconditionFailed", "message": "the eTag does not match"}}
    service.answers("PUT", PATH, Reply(cut=True), Reply(412, changed))
    with pytest.raises(Conflict):
        clusters.turn_off_kms(clusters.get(SHOP), {}, Seen(service))
    assert len({put.headers["if-match"] for put in service.made("PUT")}) == 1


def test_the_kubeconfig_comes_as_it_is_and_never_into_a_log(
    service: Service, clusters: ArmClusters, caplog: pytest.LogCaptureFixture
) -> None:
    config = base64.b64encode(b"apiVersion: v1\nkind: Config\n").decode()
    credentials = {"kubeconfigs": [{"name": "clusterUser", "value": config}]}
    service.answers("POST", f"{PATH}/listClusterUserCredential", Reply(200, credentials))
    service.answers("GET", PATH, Reply(200, a_cluster()))
    with caplog.at_level("DEBUG"):
        assert clusters.user_kubeconfig(SHOP) == b"apiVersion: v1\nkind: Config\n"
        clusters.get(SHOP)
    assert "notKnownToUs" in caplog.text  # --debug does print what is answered to other requests
    assert config not in caplog.text


def test_credentials_without_a_kubeconfig_are_refused(service: Service, clusters: ArmClusters) -> None:
    service.answers("POST", f"{PATH}/listClusterUserCredential", Reply(200, {"kubeconfigs": []}))
    with pytest.raises(Rejected, match="no kubeconfig"):
        clusters.user_kubeconfig(SHOP)


def test_tags_alone_go_as_a_patch_that_a_change_in_between_stops(service: Service, clusters: ArmClusters) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    changed = {"error": {"code": "PreconditionFailed", "message": "the etag is another"}}
    service.answers("PATCH", PATH, Reply(200, a_cluster()), Reply(412, changed))
    seen = clusters.get(SHOP)
    clusters.tag(seen, {"team": "shop", "akskv-ledger": "x"}, Seen(service))
    [patch] = service.made("PATCH")
    assert patch.body == {"tags": {"team": "shop", "akskv-ledger": "x"}}
    assert patch.headers["if-match"] == '"11111111-1111-4111-8111-111111111111"'
    with pytest.raises(Conflict):
        clusters.tag(seen, {}, Seen(service))
