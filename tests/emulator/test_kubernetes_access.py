"""Who may do what in a cluster: roles of Kubernetes' own RBAC, Azure's, and what reviews say about both."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from emulator.core.http import Answer
from emulator.worlds.cluster_access import CLUSTER_USER, Binding, Rule
from emulator.worlds.spec import Cluster
from tests.emulator.conftest import Running
from tests.emulator.data_planes import CLUSTER_ID, HERE, SECRETS, Api, entra_headers, grant, new_api, small_world

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
OF_ANOTHER = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
LOOKS = Rule(("get", "list"), ("secrets", "namespaces"))
HERE_ONLY = Rule(("patch",), ("secrets",), names=("mine",), namespaces=("default",))
METRICS = Rule(("get",), paths=("/metrics", "/debug/*"))
AZURE = {"managed": True, "enableAzureRBAC": True}


def limited(*rules: Rule, **more: Any) -> Api:
    """The API server as the user of the cluster-user kubeconfig sees it, with a secret of ours."""
    api = new_api(small_world(), bindings=(Binding(CLUSTER_USER, rules),), **more)
    api.create("mine", data={"a": "Yg=="})
    return Api(api.world, api.server, {"authorization": f"Bearer {api.server.user_token}"})


def entra(subject: str = "ops", *rules: Rule, **profile: Any) -> Api:
    world = small_world()
    api = new_api(world, bindings=(Binding(subject, rules),), aadProfile={"managed": True, **profile})
    return Api(world, api.server, entra_headers(world, "ops"))


def may(api: Api, verb: str, resource: str = "secrets", **attributes: str) -> bool:
    asked = {"verb": verb, "resource": resource, **attributes}
    answer = api("POST", REVIEW, {"spec": {"resourceAttributes": asked}})
    assert answer.status == 201
    allowed: bool = answer.body["status"]["allowed"]
    return allowed


def rules(api: Api, namespace: str = "default") -> dict[str, Any]:
    answer = api("POST", RULES, {"spec": {"namespace": namespace}})
    assert (answer.status, answer.body["kind"]) == (201, "SelfSubjectRulesReview")
    status: dict[str, Any] = answer.body["status"]
    return status


def message(answer: Answer) -> str:
    assert (answer.status, answer.body["reason"]) == (403, "Forbidden")
    return str(answer.body["message"])


def test_whoever_may_list_secrets_need_not_be_allowed_to_patch_them() -> None:
    api = limited(LOOKS)
    assert api("GET", SECRETS).status == 200
    assert message(api.patch(f"{HERE}/mine", {})) == (
        'secrets "mine" is forbidden: User "clusterUser" cannot patch resource "secrets" in API group "" '
        'in the namespace "default"'
    )
    assert message(api("GET", LEASES)) == (
        'leases.coordination.k8s.io is forbidden: User "clusterUser" cannot list resource "leases" in API group '
        '"coordination.k8s.io" in the namespace "kube-system"'
    )


def test_a_rule_may_be_for_names_in_namespaces_only() -> None:
    api = limited(HERE_ONLY)
    assert api.patch(f"{HERE}/mine", {}).status == 200
    assert "cannot patch" in message(api.patch(f"{HERE}/other", {}))
    assert "cannot patch" in message(api.patch("/api/v1/namespaces/payments/secrets/mine", {}))
    assert "at the cluster scope" in message(api("GET", SECRETS))


def test_a_rule_may_be_for_paths() -> None:
    api = limited(METRICS)
    assert api("GET", "/metrics").status == 200
    assert api("GET", "/version").status == 200
    assert message(limited(LOOKS)("GET", "/metrics")) == 'forbidden: User "clusterUser" cannot get path "/metrics"'


def test_without_a_binding_the_cluster_user_is_the_administrator_and_with_one_the_administrator_stays() -> None:
    api = new_api(small_world())
    assert Api(api.world, api.server, {"authorization": f"Bearer {api.server.user_token}"})("GET", LEASES).status == 200
    bound = limited(LOOKS)
    administrator = Api(bound.world, bound.server, {"authorization": f"Bearer {bound.server.static_token}"})
    assert administrator("GET", LEASES).status == 200


def test_both_credentials_of_the_kubeconfig_are_the_limited_user() -> None:
    api = limited(LOOKS)
    user = yaml.safe_load(api.server.kubeconfig("user"))["users"][0]["user"]
    pem = base64.b64decode(user["client-certificate-data"])
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    by_token = Api(api.world, api.server, {"authorization": f"Bearer {user['token']}"})
    for caller in (by_token, Api(api.world, api.server, certificate=der)):
        assert caller("GET", SECRETS).status == 200
        assert 'User "clusterUser" cannot list' in message(caller("GET", LEASES))


def test_an_entra_user_has_the_rules_that_are_bound_to_it() -> None:
    assert entra("ops", LOOKS)("GET", SECRETS).status == 200
    assert "cannot list" in message(entra("somebody", LOOKS)("GET", SECRETS))


def test_azure_rbac_and_the_clusters_own_roles_add_up() -> None:
    api = entra("ops", LOOKS, enableAzureRBAC=True)
    assert api("GET", SECRETS).status == 200
    refused = message(api("GET", LEASES))
    assert refused.endswith(
        ": User does not have access to the resource in Azure. Update role assignment to allow access."
    )
    grant(api.world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert api("GET", LEASES).status == 200


def test_a_review_says_what_the_caller_may() -> None:
    api = limited(LOOKS, HERE_ONLY)
    assert may(api, "list") and may(api, "get", namespace="payments", name="any")
    assert may(api, "patch", namespace="default", name="mine")
    assert not may(api, "patch") and not may(api, "patch", namespace="default", name="other")
    assert not may(api, "create", "leases", group="coordination.k8s.io", namespace="kube-system")
    administrator = Api(api.world, api.server, {"authorization": f"Bearer {api.server.static_token}"})
    assert may(administrator, "*", "*", group="*")


def test_a_review_asks_azure_where_azure_decides() -> None:
    api = entra("nobody", enableAzureRBAC=True)
    assert not may(api, "list")
    grant(api.world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert may(api, "list") and may(api, "patch", namespace="default")


def test_a_review_may_be_about_a_path() -> None:
    api = limited(METRICS)
    answers = {}
    for path in ("/version", "/metrics", "/debug/pprof", "/logs"):
        spec = {"nonResourceAttributes": {"verb": "get", "path": path}}
        answers[path] = api("POST", REVIEW, {"spec": spec}).body["status"]["allowed"]
    assert answers == {"/version": True, "/metrics": True, "/debug/pprof": True, "/logs": False}


def test_a_review_about_nothing_is_refused() -> None:
    refused = limited()("POST", REVIEW, {"spec": {}})
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    refused = limited()("POST", RULES, {"spec": {}})
    assert (refused.status, refused.body["message"]) == (400, "no namespace on request")


def test_a_rules_review_lists_what_holds_in_a_namespace() -> None:
    api = limited(LOOKS, HERE_ONLY, METRICS)
    found = rules(api)
    assert found["resourceRules"][:2] == [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets", "namespaces"]},
        {"verbs": ["patch"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"]},
    ]
    assert found["resourceRules"][2]["resources"] == ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    assert {"verbs": ["get"], "nonResourceURLs": ["/metrics", "/debug/*"]} in found["nonResourceRules"]
    assert found["incomplete"] is False
    assert len(rules(api, "payments")["resourceRules"]) == 2


def test_an_administrators_rules_review_holds_everything() -> None:
    api = new_api(small_world())
    assert {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]} in rules(api)["resourceRules"]


def test_what_azure_allows_cannot_be_listed() -> None:
    api = entra("ops", LOOKS, enableAzureRBAC=True)
    grant(api.world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    found = rules(api)
    assert (found["incomplete"], len(found["resourceRules"])) == (True, 2)
    assert found["evaluationError"] == "webhook authorizer does not support user rule resolution"


@pytest.mark.parametrize("local", [True, False])
def test_the_official_client_is_told_by_reviews_before_it_is_refused(
    running: Running, tmp_path: Path, local: bool
) -> None:
    bindings = (Binding(CLUSTER_USER, (LOOKS,)),) if local else ()
    emulation = running(clusters=(Cluster(bindings=bindings),))
    file = tmp_path / "kubeconfig"
    file.write_text(emulation.world.kubernetes.server(CLUSTER_ID).kubeconfig("user"))
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(file), client_configuration=configuration)
    configuration.proxy = emulation.proxy_url
    with kubernetes.client.ApiClient(configuration) as connection:
        reviews = kubernetes.client.AuthorizationV1Api(connection)
        asked = {"resourceAttributes": {"verb": "patch", "resource": "secrets"}}
        assert reviews.create_self_subject_access_review({"spec": asked}).status.allowed is not local
        told = reviews.create_self_subject_rules_review({"spec": {"namespace": "default"}}).status
        assert (told.resource_rules[0].verbs == ["get", "list"]) is local
        assert kubernetes.client.CoreV1Api(connection).list_secret_for_all_namespaces(limit=1).items


ASKS_FOR_OTHERS = Rule(("create",), ("subjectaccessreviews",), ("authorization.k8s.io",))


def test_what_another_may_do_is_told_to_who_may_ask_that() -> None:
    attributes = {"verb": "create", "resource": "secrets", "namespace": "default"}
    question = {"spec": {"user": "system:serviceaccount:kube-system:driver", "resourceAttributes": attributes}}
    assert "subjectaccessreviews" in message(limited(LOOKS)("POST", OF_ANOTHER, question))
    api = limited(ASKS_FOR_OTHERS)
    answer = api("POST", OF_ANOTHER, question)
    assert (answer.status, answer.body["kind"]) == (201, "SubjectAccessReview")
    assert (answer.body["spec"], answer.body["status"]) == (question["spec"], {"allowed": False})
    masters = {"spec": {"user": "anybody", "groups": ["system:masters"], "resourceAttributes": attributes}}
    assert api("POST", OF_ANOTHER, masters).body["status"] == {"allowed": True}


def test_a_review_of_nobody_is_refused() -> None:
    answer = limited(ASKS_FOR_OTHERS)("POST", OF_ANOTHER, {"spec": {"resourceAttributes": {"verb": "get"}}})
    assert answer.status == 422 and "at least one of user or group" in answer.body["message"]
