"""The kinds that a secrets provider brings along: custom resources, roles of service accounts, events."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.kubernetes.kinds import DEFINITIONS, POD_STATUSES, SECRET_PROVIDER_CLASSES, Kind
from tests.emulator.data_planes import TABLE, Api, names

STORE = "/apis/secrets-store.csi.x-k8s.io"
CLASSES = f"{STORE}/v1/namespaces/default/secretproviderclasses"
ROLES = "/apis/rbac.authorization.k8s.io/v1"
DRIVER = "system:serviceaccount:kube-system:driver"


def define(api: Api, kind: Kind) -> None:
    body = {"metadata": {"name": kind.qualified}, "spec": {"group": kind.group, "scope": "Namespaced"}}
    path = f"/apis/{DEFINITIONS.api_version}/{DEFINITIONS.plural}"
    assert api("POST", path, body).status == 201


def a_class(name: str = "kv", version: str = "v1") -> dict[str, Any]:
    spec = {"provider": "azure", "parameters": {"keyvaultName": "shop-kv"}}
    kind = {"apiVersion": f"secrets-store.csi.x-k8s.io/{version}", "kind": "SecretProviderClass"}
    return {**kind, "metadata": {"name": name}, "spec": spec}


def as_driver(api: Api, method: str, path: str, body: Any = None) -> Answer:
    return Api(api.world, api.server, {**api.headers, "impersonate-user": DRIVER})(method, path, body)


def test_a_custom_resource_is_served_where_its_definition_is(api: Api) -> None:
    assert api("POST", CLASSES, a_class()).status == 404
    assert STORE.rpartition("/")[2] not in str(api("GET", "/apis").body)
    define(api, SECRET_PROVIDER_CLASSES)
    assert api("POST", CLASSES, a_class()).status == 201
    [group] = [one for one in api("GET", "/apis").body["groups"] if one["name"] == SECRET_PROVIDER_CLASSES.group]
    assert [one["version"] for one in group["versions"]] == ["v1", "v1alpha1"]
    assert group["preferredVersion"]["version"] == "v1"
    for version in ("v1", "v1alpha1"):
        [resource] = api("GET", f"{STORE}/{version}").body["resources"]
        assert (resource["kind"], resource["namespaced"]) == ("SecretProviderClass", True)
        schema = api("GET", f"/openapi/v3{STORE}/{version}").body
        assert [path.rpartition("/")[0].rpartition("/")[2] for path in schema["paths"]] == ["secretproviderclasses"]
    api("DELETE", f"/apis/{DEFINITIONS.api_version}/{DEFINITIONS.plural}/{SECRET_PROVIDER_CLASSES.qualified}")
    assert api("GET", CLASSES).status == 404


def test_an_older_version_is_another_name_of_the_same_objects(api: Api) -> None:
    define(api, SECRET_PROVIDER_CLASSES)
    older = CLASSES.replace("/v1/", "/v1alpha1/")
    assert api("POST", older, a_class(version="v1alpha1")).body["apiVersion"].endswith("v1alpha1")
    assert api("GET", f"{CLASSES}/kv").body["apiVersion"].endswith("/v1")
    assert names(api("GET", older).body) == names(api("GET", CLASSES).body) == ["kv"]
    table = api("GET", CLASSES, accept=TABLE).body
    assert ([one["name"] for one in table["columnDefinitions"]], table["rows"][0]["cells"]) == (
        ["Name", "Age"],
        ["kv", "0s"],
    )
    assert api.patch(f"{CLASSES}/kv", {"spec": {"parameters": {"tenantID": "t"}}}).status == 200
    assert api("GET", f"{older}/kv").body["spec"]["parameters"] == {"keyvaultName": "shop-kv", "tenantID": "t"}
    assert api("DELETE", f"{older}/kv").status == 200
    define(api, POD_STATUSES)
    assert api("GET", f"{STORE}/v1/secretproviderclasspodstatuses").body["items"] == []


def test_cluster_roles_say_what_a_service_account_may(api: Api) -> None:
    refused = as_driver(api, "GET", "/api/v1/secrets")
    assert refused.status == 403
    assert f'User "{DRIVER}" cannot list resource "secrets" in API group ""' in refused.body["message"]
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "create"]}]
    api("POST", f"{ROLES}/clusterroles", {"metadata": {"name": "syncing"}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "driver", "namespace": "kube-system"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "syncing"}
    binding = {"metadata": {"name": "syncing"}, "roleRef": reference, "subjects": [subject]}
    api("POST", f"{ROLES}/clusterrolebindings", binding)
    assert as_driver(api, "GET", "/api/v1/secrets").status == 200
    assert as_driver(api, "GET", "/api/v1/pods").status == 403
    path, wanted = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"verb": "create", "resource": "secrets"}
    asked = {"spec": {"resourceAttributes": {**wanted, "namespace": "default"}}}
    assert as_driver(api, "POST", path, asked).body["status"]["allowed"] is True
    api("DELETE", f"{ROLES}/clusterrolebindings/syncing")
    assert as_driver(api, "POST", path, asked).body["status"]["allowed"] is False


def framed(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def test_an_access_review_may_come_in_protobuf(api: Api) -> None:
    """As `kubectl auth can-i` sends it."""
    wanted = b"".join(framed(number, text) for number, text in ((1, b"default"), (2, b"create"), (5, b"secrets")))
    body = b"k8s\x00" + framed(1, b"") + framed(2, framed(2, framed(1, wanted)))
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    kind = {"content-type": "application/vnd.kubernetes.protobuf"}
    asking = Api(api.world, api.server, {**api.headers, **kind})
    answer = asking("POST", path, body)
    assert answer.body["spec"]["resourceAttributes"] == {
        "namespace": "default",
        "verb": "create",
        "resource": "secrets",
    }
    assert answer.body["status"]["allowed"] is True
    about_a_path = b"k8s\x00" + framed(2, framed(2, framed(2, framed(1, b"/metrics") + framed(2, b"get"))))
    assert asking("POST", path, about_a_path).body["spec"]["nonResourceAttributes"]["path"] == "/metrics"
    for broken in (b"{}", b"k8s\x00\x0b\x01", b"k8s\x00\x80"):
        assert asking("POST", path, broken).status == 400


def test_only_who_may_impersonate_acts_for_another(api: Api) -> None:
    nobody = {**api.headers, "impersonate-user": "nobody"}
    answer = Api(api.world, api.server, nobody)("GET", "/api/v1/secrets")
    assert (answer.status, 'User "nobody" cannot list' in answer.body["message"]) == (403, True)
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    api("POST", f"{ROLES}/clusterroles", {"metadata": {"name": "reader"}, "rules": rules})
    users = [{"kind": "User", "name": "nobody"}]
    binding = {"metadata": {"name": "reader"}, "roleRef": {"kind": "ClusterRole", "name": "reader"}, "subjects": users}
    api("POST", f"{ROLES}/clusterrolebindings", binding)
    assert Api(api.world, api.server, nobody)("GET", "/api/v1/pods").status == 200


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("involvedObject.kind=Pod", ["a", "b", "c"]),
        ("involvedObject.name=web,reason=FailedMount", ["a"]),
        ("involvedObject.uid=u-b", ["b"]),
        ("involvedObject.namespace=default,type=Normal", ["c"]),
    ],
)
def test_events_are_chosen_by_what_they_are_about(api: Api, selector: str, found: list[str]) -> None:
    for name, reason, kind in (("a", "FailedMount", "Warning"), ("b", "Failed", "Warning"), ("c", "Pulled", "Normal")):
        about = {"kind": "Pod", "namespace": "default", "name": "web", "uid": f"u-{name}"}
        api.create(name, plural="events", involvedObject=about, reason=reason, type=kind, message="-")
    chosen = api("GET", "/api/v1/namespaces/default/events", fieldselector=selector)
    assert names(chosen.body) == found


def test_the_last_time_of_an_event_is_what_is_shown(api: Api) -> None:
    about = {"kind": "Pod", "namespace": "default", "name": "web"}
    earlier = "2026-03-01T11:50:00Z"
    api.create("a", plural="events", involvedObject=about, lastTimestamp=earlier, reason="Failed", message="-")
    [row] = api("GET", "/api/v1/namespaces/default/events", accept=TABLE).body["rows"]
    assert row["cells"][0] == "10m"


def test_every_namespace_has_a_default_service_account(api: Api) -> None:
    assert names(api("GET", "/api/v1/namespaces/payments/serviceaccounts").body) == ["default"]
    api("POST", "/api/v1/namespaces", {"metadata": {"name": "new"}})
    assert names(api("GET", "/api/v1/namespaces/new/serviceaccounts").body) == ["default"]


def test_a_body_in_protobuf_that_is_none_is_refused(api: Api) -> None:
    kind = {"content-type": "application/vnd.kubernetes.protobuf"}
    for body in (b"nothing", b"k8s\x00\x0a\x0c\x0a\x02v1\x12\x06Gadget\x12\x00"):
        refused = Api(api.world, api.server, {**api.headers, **kind})("POST", "/api/v1/namespaces", body)
        assert refused.status == 400 and "unrecognized" in refused.body["message"]
