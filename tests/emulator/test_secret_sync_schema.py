"""What the definitions of SecretSync and AKVSync refuse, in the API server's words."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.synced_secrets import NAME, secret_sync
from tests.emulator.edge_client import SYNCS, Edge

SYNC = f"{SYNCS}/{NAME}"
LABEL = "secrets-store.sync.x-k8s.io/secretsync"
ITEM = {"sourcePath": NAME, "targetKey": "key"}
REQUIRED = 'SecretSync.secret-sync.x-k8s.io "x" is invalid: spec.secretObject.data: Required value'
WRONG = [
    ({"data": None}, REQUIRED),
    (
        {"data": []},
        "spec.secretObject.data: Invalid value: 0: spec.secretObject.data in body should have at least 1 items",
    ),
    ({"type": None}, "spec.secretObject.type: Required value"),
    (
        {"data": [{**ITEM, "targetKey": "a_b"}]},
        'spec.secretObject.data[0].targetKey: Invalid value: "a_b": spec.secretObject.data[0].targetKey in body should '
        "match '^[A-Za-z0-9.]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?(\\/([0-9]+))*$'",
    ),
    ({"data": [ITEM, ITEM]}, 'spec.secretObject.data[1]: Duplicate value: map[string]interface {}{"targetKey":"key"}'),
    ({"data": [{"sourcePath": NAME}]}, "spec.secretObject.data[0].targetKey: Required value"),
    (
        {"labels": {LABEL: "x"}},
        "Labels should not contain secrets-store.sync.x-k8s.io. This key is reserved for the controller.",
    ),
    (
        {"annotations": {"secrets-store.sync.x-k8s.io/a": "x"}},
        "Annotations should not contain secrets-store.sync.x-k8s.io. This key is reserved for the controller.",
    ),
    ({"data": [{**ITEM, "targetKey": "k" * 254}]}, "Too long: may not be more than 253 bytes"),
    ({"type": 7}, 'in body must be of type string: "integer"'),
]


def with_object(**wanted: Any) -> dict[str, Any]:
    body = secret_sync((NAME, "key"), name="x")
    given = {**body["spec"]["secretObject"], **wanted}
    body["spec"]["secretObject"] = {name: value for name, value in given.items() if value is not None}
    return body


@pytest.mark.parametrize(("wanted", "told"), WRONG)
def test_the_definition_refuses_what_cannot_be(wanted: dict[str, Any], told: str) -> None:
    refused = Edge("ss-healthy").api("POST", SYNCS, with_object(**wanted))
    assert refused.status == 422 and told in refused.body["message"]
    assert refused.body["details"]["kind"] == "SecretSync" and refused.body["details"]["causes"]


def test_everything_that_is_wrong_is_told_at_once_and_keys_that_look_odd_are_good() -> None:
    edge = Edge("ss-healthy")
    body = secret_sync(("db-pass/0", "db_pass"), ("db-pass/0", "tls.crt"), ("db-pass/0", "v0"), name="x")
    assert edge.api("POST", SYNCS, body).status == 201
    body["metadata"]["name"] = "y"
    del body["spec"]["serviceAccountName"], body["spec"]["secretProviderClassName"]
    text = edge.api("POST", SYNCS, body).body["message"]
    assert text.startswith('SecretSync.secret-sync.x-k8s.io "y" is invalid: [spec.serviceAccountName: Required value, ')
    assert edge.api.patch(SYNC, {"spec": {"forceSynchronization": "now now"}}).status == 422


def test_an_akv_sync_names_one_kind_of_object_each() -> None:
    edge = Edge("ss-akv-sync")
    path = SYNCS.replace("secretsyncs", "akvsyncs")
    refused = edge.api.patch(f"{path}/shop", {"spec": {"objects": [{"secretInAKV": NAME, "certInAKV": NAME}]}})
    assert refused.status == 422 and "spec.objects[0]: " in refused.body["message"]
    refused = edge.api.patch(f"{path}/shop", {"spec": {"objects": None, "clientID": None}})
    assert "spec.clientID: Required value" in refused.body["message"]
    assert "spec.objects: Required value" in refused.body["message"]
