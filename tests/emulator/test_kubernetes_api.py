"""The Kubernetes API: who is let in, what is told about itself, and the official client."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from kubernetes.client.exceptions import ApiException

from emulator.core.http import Dropped
from emulator.core.tls import cluster_authority
from emulator.emulation import Emulation
from tests.emulator.conftest import Running
from tests.emulator.data_planes import (
    CLUSTER_ID,
    HERE,
    MODIFIED,
    SECRETS,
    Api,
    entra_headers,
    grant,
    new_api,
    small_world,
)


def certificate(user: str, group: str) -> bytes:
    issued = cluster_authority().client_certificate(user, group).certificate
    return x509.load_pem_x509_certificate(issued).public_bytes(Encoding.DER)


def test_without_credentials_there_is_nothing_not_even_a_version(api: Api) -> None:
    for path in ("/version", "/readyz", SECRETS):
        answer = Api(api.world, api.server)("GET", path)
        assert (answer.status, answer.body["reason"], answer.body["message"]) == (401, "Unauthorized", "Unauthorized")
    assert Api(api.world, api.server, {"authorization": "Bearer wrong"})("GET", SECRETS).status == 401


def test_a_certificate_is_its_common_name_in_its_organizations(api: Api) -> None:
    assert (
        Api(api.world, api.server, certificate=certificate("masterclient", "system:masters"))("GET", SECRETS).status
        == 200
    )
    answer = Api(api.world, api.server, certificate=certificate("dev", "builders"))("GET", SECRETS)
    assert (answer.status, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == (
        'secrets is forbidden: User "dev" cannot list resource "secrets" in API group "" at the cluster scope'
    )


def test_a_refusal_names_the_object_and_the_namespace(api: Api) -> None:
    dev = Api(api.world, api.server, certificate=certificate("dev", "builders"))
    assert dev("GET", f"{HERE}/mine").body["message"] == (
        'secrets "mine" is forbidden: User "dev" cannot get resource "secrets" in API group "" '
        'in the namespace "default"'
    )
    assert dev("GET", "/metrics").body["message"] == 'forbidden: User "dev" cannot get path "/metrics"'
    assert dev("GET", "/version").status == 200


def test_disabled_local_accounts_leave_only_entra_tokens() -> None:
    world = small_world()
    profile = {"managed": True, "enableAzureRBAC": True}
    api = new_api(world, disableLocalAccounts=True, aadProfile=profile)
    masters = certificate("masterclient", "system:masters")
    assert Api(world, api.server, certificate=masters)("GET", SECRETS).status == 401
    assert api("GET", SECRETS).status == 401
    grant(world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert Api(world, api.server, entra_headers(world))("GET", SECRETS).status == 200


def test_an_entra_token_means_nothing_without_entra_integration(api: Api) -> None:
    assert Api(api.world, api.server, entra_headers(api.world))("GET", SECRETS).status == 401


def test_azure_rbac_is_asked_for_every_action() -> None:
    world = small_world()
    api = new_api(world, aadProfile={"managed": True, "enableAzureRBAC": True})
    caller = Api(world, api.server, entra_headers(world))
    answer = caller("GET", SECRETS)
    assert answer.status == 403
    assert answer.body["message"].endswith(
        "at the cluster scope: User does not have access to the resource in Azure. "
        "Update role assignment to allow access."
    )
    grant(world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert caller("GET", SECRETS).status == 200
    assert caller("GET", "/metrics").status == 200


def test_members_of_the_administrators_group_may_everything() -> None:
    world = small_world()
    api = new_api(world, aadProfile={"managed": True, "adminGroupObjectIDs": ["g1"]})
    assert Api(world, api.server, entra_headers(world))("GET", SECRETS).status == 403
    assert Api(world, api.server, entra_headers(world, groups=["g1"]))("GET", SECRETS).status == 200


def test_an_api_server_that_is_away_breaks_connections_off(api: Api) -> None:
    api.server.away = True
    with pytest.raises(Dropped):
        api("GET", "/version")


def test_the_version_is_the_clusters(api: Api) -> None:
    body = api("GET", "/version").body
    assert (body["major"], body["minor"], body["gitVersion"]) == ("1", "30", "v1.30.7")


@pytest.mark.parametrize("endpoint", ["livez", "readyz", "healthz"])
def test_health_is_ok_or_one_line_for_each_check(api: Api, endpoint: str) -> None:
    assert api("GET", f"/{endpoint}").body == b"ok"
    verbose = api("GET", f"/{endpoint}", verbose="").body.decode()
    assert "[+]etcd ok\n" in verbose and verbose.endswith(f"{endpoint} check passed\n")
    assert api("GET", f"/{endpoint}/etcd").body == b"ok"
    assert api("GET", f"/{endpoint}/nothing").status == 404


def test_discovery_leads_to_every_kind(api: Api) -> None:
    reviews = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"}
    found = {resource["name"] for resource in api("GET", "/api/v1").body["resources"]}
    for group in api("GET", "/apis").body["groups"]:
        path = f"/apis/{group['preferredVersion']['groupVersion']}"
        found |= {resource["name"] for resource in api("GET", path).body["resources"]}
    core = {"configmaps", "events", "namespaces", "nodes", "pods", "pods/log", "secrets", "serviceaccounts"}
    core |= {"services", "replicationcontrollers"}
    apps = {"daemonsets", "deployments", "replicasets", "clusterroles", "clusterrolebindings"}
    assert found == {*core, *apps, "leases", "csidrivers", "csinodes", "customresourcedefinitions", *reviews}
    assert api("GET", "/api").body["versions"] == ["v1"]
    schemas = api("GET", "/openapi/v3").body["paths"]
    assert [api("GET", schema["serverRelativeURL"]).status for schema in schemas.values()] == [200] * 6


@pytest.mark.parametrize(
    "path", ["/api/v1/endpoints", "/apis/apps/v1/statefulsets", f"{HERE}/mine/status", f"{SECRETS}/mine"]
)
def test_what_is_not_served_is_not_found(api: Api, path: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.body["message"]) == (404, "the server could not find the requested resource")
    assert api("GET", "/nothing").body == b"404 page not found\n"


@pytest.mark.parametrize(
    ("kind", "user"), [("admin", "clusterAdmin_shop-rg_shop"), ("user", "clusterUser_shop-rg_shop")]
)
def test_kubeconfigs_carry_what_opens_the_api(api: Api, kind: Any, user: str) -> None:
    config = yaml.safe_load(api.server.kubeconfig(kind))
    assert config["clusters"][0]["cluster"]["server"] == f"https://{api.server.host}:443"
    credentials = config["users"][0]
    assert credentials["name"] == user
    pem = base64.b64decode(credentials["user"]["client-certificate-data"])
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert Api(api.world, api.server, certificate=der)("GET", SECRETS).status == 200
    token = credentials["user"]["token"]
    assert Api(api.world, api.server, {"authorization": f"Bearer {token}"})("GET", SECRETS).status == 200


def test_the_kubeconfig_of_an_entra_cluster_calls_kubelogin(api: Api) -> None:
    user = yaml.safe_load(api.server.kubeconfig("entra"))["users"][0]["user"]
    assert (list(user), user["exec"]["command"]) == (["exec"], "kubelogin")
    assert "6dae42f8-4368-4678-94ff-3960e28e3630" in user["exec"]["args"]


def official_client(emulation: Emulation, folder: Path) -> kubernetes.client.ApiClient:
    """As `kubernetes.config` makes it of the administrator's kubeconfig."""
    cluster = next(iter(emulation.world.resources.under("/", "Microsoft.ContainerService/managedClusters")))
    file = folder / "kubeconfig"
    file.write_text(emulation.world.kubernetes.server(cluster.id).kubeconfig("admin"))
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(file), client_configuration=configuration)
    configuration.proxy = emulation.proxy_url
    return kubernetes.client.ApiClient(configuration)


def test_the_official_client_works_with_certificates_pages_and_conflicts(running: Running, tmp_path: Path) -> None:
    emulation = running()
    with official_client(emulation, tmp_path) as connection:
        core = kubernetes.client.CoreV1Api(connection)
        first = core.list_secret_for_all_namespaces(limit=100)
        rest = core.list_secret_for_all_namespaces(_continue=first.metadata._continue)
        assert (len(first.items), len(rest.items), first.metadata.remaining_item_count) == (100, 200, 200)
        body = kubernetes.client.V1Secret(metadata={"name": "mine"}, string_data={"a": "b"})
        mine = core.create_namespaced_secret("default", body)
        core.patch_namespaced_secret("mine", "default", {"metadata": {"labels": {"x": "1"}}})
        with pytest.raises(ApiException) as conflict:
            core.replace_namespaced_secret("mine", "default", mine)
        assert (conflict.value.status, json.loads(conflict.value.body)["message"]) == (409, MODIFIED)
        reviews = kubernetes.client.AuthorizationV1Api(connection)
        spec = {"resourceAttributes": {"verb": "list", "resource": "secrets"}}
        assert reviews.create_self_subject_access_review({"spec": spec}).status.allowed
        assert kubernetes.client.CoordinationV1Api(connection).list_namespaced_lease("kube-system").items
        assert kubernetes.client.VersionApi(connection).get_code().git_version == "v1.30.7"
        core.delete_namespaced_secret("mine", "default")
        assert "correct-horse-battery" in base64.b64decode(next(iter(first.items[0].data.values()))).decode()
