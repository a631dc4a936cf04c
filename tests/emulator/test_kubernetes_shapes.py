"""What an API server does not take of the objects by which pods mount."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.kubernetes.kinds import SECRET_PROVIDER_CLASSES
from tests.emulator.data_planes import Api
from tests.emulator.test_kubernetes_kinds import CLASSES, a_class, define

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
WRONG: dict[str, tuple[Any, str]] = {
    "provider": (7, "spec.provider in body must be of type string"),
    "parameters": (["a"], "spec.parameters in body must be of type object"),
    "secretObjects": ({"a": 1}, "spec.secretObjects in body must be of type array"),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_class_of_another_shape_is_refused(field: str, api: Api) -> None:
    define(api, SECRET_PROVIDER_CLASSES)
    value, text = WRONG[field]
    body = a_class()
    body["spec"][field] = value
    answer = api("POST", CLASSES, body)
    assert (answer.status, answer.body["reason"]) == (422, "Invalid") and text in answer.body["message"]
    assert answer.body["message"].startswith('SecretProviderClass.secrets-store.csi.x-k8s.io "kv" is invalid: spec.')


def test_parameters_are_texts_and_nothing_else(api: Api) -> None:
    define(api, SECRET_PROVIDER_CLASSES)
    body = a_class()
    body["spec"]["parameters"]["useVMManagedIdentity"] = True
    message = api("POST", CLASSES, body).body["message"]
    assert message.endswith(
        'spec.parameters.useVMManagedIdentity: Invalid value: "boolean": spec.parameters.useVMManagedIdentity in body '
        'must be of type string: "boolean"'
    )
    body["spec"]["parameters"] = {}
    body["spec"]["secretObjects"] = [{"secretName": "s", "type": "Opaque", "data": [{"key": 1}]}]
    assert "spec.secretObjects[0].data[0].key" in api("POST", CLASSES, body).body["message"]


def test_what_a_class_has_beside_its_schema_is_dropped(api: Api) -> None:
    define(api, SECRET_PROVIDER_CLASSES)
    body = a_class()
    body["spec"]["objects"] = "in the wrong place"
    assert api("POST", CLASSES, body).status == 201
    assert set(api("GET", f"{CLASSES}/kv").body["spec"]) == {"provider", "parameters"}


def test_a_class_is_changed_by_a_merge_patch_at_its_version(api: Api) -> None:
    define(api, SECRET_PROVIDER_CLASSES)
    version = api("POST", CLASSES, a_class()).body["metadata"]["resourceVersion"]
    patch: dict[str, Any] = {
        "metadata": {"resourceVersion": version},
        "spec": {"parameters": {"tenantID": "t", "keyvaultName": None}, "secretObjects": None},
    }
    changed = api.patch(f"{CLASSES}/kv", patch)
    assert changed.status == 200 and changed.body["spec"]["parameters"] == {"tenantID": "t"}
    again = api.patch(f"{CLASSES}/kv", patch)
    assert (again.status, again.body["reason"]) == (409, "Conflict")


def a_deployment(**labels: str) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "shop/web:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"metadata": {"name": "web"}, "spec": spec}


def test_a_deployment_has_the_labels_by_which_it_knows_its_pods(api: Api) -> None:
    answer = api("POST", DEPLOYMENTS, a_deployment(app="other"))
    assert answer.status == 422
    assert answer.body["message"].startswith('Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid')
    body = a_deployment(app="web")
    del body["spec"]["selector"]
    assert "spec.selector: Required value" in api("POST", DEPLOYMENTS, body).body["message"]
    empty = a_deployment(app="web")
    empty["spec"]["template"]["spec"] = {}
    assert "spec.template.spec.containers: Required value" in api("POST", DEPLOYMENTS, empty).body["message"]


def test_a_deployments_selector_never_changes(api: Api) -> None:
    assert api("POST", DEPLOYMENTS, a_deployment(app="web", tier="front")).status == 201
    patch = {"spec": {"selector": {"matchLabels": {"tier": "front"}}}}
    answer = api.patch(f"{DEPLOYMENTS}/web", patch)
    assert answer.status == 422 and answer.body["message"].endswith("field is immutable")
    assert api.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": 2}}).status == 200
