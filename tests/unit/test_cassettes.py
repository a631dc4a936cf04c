"""What a cassette keeps and what it does not; and that a replay fails when anything else is sent than was recorded."""

from __future__ import annotations

import base64
import json
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.request import Request

from azext_akskv.model.secret_store.issuer import claims_of
from tests import test_kms_scenario
from tests.architecture.test_recordings import CREDENTIALS
from tests.cassettes import AsRecorded, AsSent, ReadableYaml, about, key_hash

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
SUBSCRIPTION = "4f2c8a52-0000-4000-8000-9b1f6b2f3a11"
KEY = "https://kv.vault.emulator.test/keys/etcd/0123456789abcdef0123456789abcdef"
Interactions = list[dict[str, Any]]


def recorded(body: str, *, headers: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """A response, as a recording keeps it."""
    response = {"body": {"string": body}, "headers": headers or {}}
    kept: dict[str, Any] = AsRecorded({SUBSCRIPTION: "0"}).process_response(response)
    return kept


def sent(body: str = "", uri: str = "https://management.emulator.test/x", **headers: str) -> Any:
    """A request, as a recording keeps it."""
    kept = AsRecorded({SUBSCRIPTION: "0"}).process_request(Request("PUT", uri, body, headers))
    return kept and AsSent().process_request(kept)


def test_the_token_that_opens_a_cluster_to_a_command_is_not_recorded() -> None:
    body = json.dumps({"command": "true", "clusterToken": "eyJ0.e30.abc"})
    kept = sent(uri="https://management.azure.com/runCommand", body=body)
    assert json.loads(kept.body) == {"command": "true", "clusterToken": "opens-nothing"}


def test_a_token_of_a_service_account_keeps_what_it_says_and_opens_nothing() -> None:
    claims = {"iss": f"https://issuer/{SUBSCRIPTION}/", "sub": "system:serviceaccount:shop:sync", "aud": ["a"]}
    parts = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({"alg": "x"}, claims)
    )
    answer = {"kind": "TokenRequest", "status": {"token": ".".join([*parts, "c2lnbmF0dXJl"])}}
    kept = json.loads(recorded(json.dumps(answer))["body"]["string"])["status"]["token"]
    found = claims_of(kept)
    assert (found.issuer, found.subject) == ("https://issuer/0/", claims["sub"])
    assert "c2lnbmF0dXJl" not in kept and not CREDENTIALS.search(kept)


def test_a_request_for_a_token_is_not_recorded() -> None:
    assert sent(uri="http://127.0.0.1:1/msi/token?resource=x") is None
    assert sent(uri="https://login.microsoftonline.com/t/oauth2/v2.0/token") is None


def test_of_a_request_only_what_the_service_acts_on_is_kept() -> None:
    kept = sent('{"a": 1}', Authorization="Bearer x", Accept="application/json", **{"If-Match": '"1"', "X-Who": "me"})
    assert dict(kept.headers) == {"accept": "application/json", "if-match": '"1"'}
    assert kept.uri == "https://management.azure.com/x"


def test_the_subscription_assignments_and_who_is_at_work_have_other_names() -> None:
    uri = f"https://management.emulator.test/subscriptions/{SUBSCRIPTION}/roleAssignments/{SUBSCRIPTION[:-1]}2"
    kept = sent('{"spec": {"holderIdentity": "20261123-021457-enable-2 somebody@contoso.com on laptop"}}', uri)
    assert kept.uri.endswith("/subscriptions/0/roleAssignments/00000000-0000-0000-0000-000000000000")
    assert json.loads(kept.body) == {"spec": {"holderIdentity": "20261123-021457-enable-2 somebody"}}


def test_a_kubeconfig_keeps_its_server_and_no_way_to_log_in() -> None:
    config = {
        "clusters": [
            {"cluster": {"server": "https://a.hcp.westeurope.emulator.test", "certificate-authority-data": "x"}}
        ],
        "users": [{"name": "u", "user": {"client-key-data": "hidden", "token": "hidden"}}],
    }
    answer = {"kubeconfigs": [{"value": base64.b64encode(json.dumps(config).encode()).decode()}]}
    [kubeconfig] = json.loads(recorded(json.dumps(answer))["body"]["string"])["kubeconfigs"]
    kept = json.loads(base64.b64decode(kubeconfig["value"]))
    assert kept["clusters"][0]["cluster"]["server"] == "https://a.hcp.westeurope.azmk8s.io"
    assert kept["users"] == [{"name": "u", "user": {"token": "opens-nothing"}}]
    assert "hidden" not in json.dumps(kept)


def test_a_kubeconfig_says_still_that_entra_opens_the_cluster() -> None:
    config = {"clusters": [], "users": [{"name": "u", "user": {"exec": {"command": "kubelogin"}}}]}
    answer = {"kubeconfigs": [{"value": base64.b64encode(json.dumps(config).encode()).decode()}]}
    [kubeconfig] = json.loads(recorded(json.dumps(answer))["body"]["string"])["kubeconfigs"]
    assert json.loads(base64.b64decode(kubeconfig["value"]))["users"] == config["users"]


def test_people_and_key_material_are_replaced() -> None:
    answer = {
        "systemData": {"createdBy": "someone.else@shop.example.org"},
        "properties": {"n": "AQAB", "keySize": 2048},
    }
    assert json.loads(recorded(json.dumps(answer))["body"]["string"]) == {
        "systemData": {"createdBy": "someone@example.com"},
        "properties": {"n": "wwww", "keySize": 2048},
    }


def test_of_an_answer_only_the_headers_that_somebody_reads_are_kept() -> None:
    kept = recorded("{}", headers={"ETag": ['"1"'], "Set-Cookie": ["a=b"], "x-ms-request-id": ["1"]})
    assert kept["headers"] == {"etag": ['"1"']}


def test_of_metrics_only_those_of_the_keys_are_kept_with_the_hash_of_the_key_as_it_is_shown() -> None:
    recording = AsRecorded({})
    recording.process_response({"body": {"string": json.dumps({"kid": KEY})}, "headers": {}})
    line = 'apiserver_envelope_encryption_key_id_hash_total{key_id_hash="sha256:%s"} 1\n'
    answer = {"body": {"string": f"# HELP\nup 1\n{line % key_hash(KEY)}"}, "headers": {}}
    shown = KEY.replace("emulator.test", "azure.net")
    assert recording.process_response(answer)["body"]["string"] == line % key_hash(shown)


def test_what_is_written_is_read_again() -> None:
    request = {"method": "GET", "uri": "https://x/y", "headers": {"accept": ["a"]}, "body": None}
    long = {"items": [{"name": f"a rather long item, number {number}"} for number in range(20)]}
    bodies = [json.dumps(long), "some text", "", json.dumps(long)]
    cassette = {
        "interactions": [
            {"request": request, "response": {"status": {"code": 200}, "headers": {}, "body": {"string": body}}}
            for body in bodies
        ]
    }
    form = ReadableYaml(lambda: {"recorded-from": "emulator"})
    text = form.serialize(cassette)
    assert text.startswith("# recorded-from: emulator\n- request:") and text.count("number 7") == 1
    read = form.deserialize(text)["interactions"]
    assert [each["response"]["body"]["string"] for each in read] == bodies
    assert all(each["request"] == {**request, "body": ""} for each in read)


STORY = "test_enable_on_a_public_rbac_vault"


def first(interactions: Interactions, method: str, part: str) -> int:
    requests = [each["request"] for each in interactions]
    return next(n for n, each in enumerate(requests) if each["method"] == method and part in each["uri"])


def other_body(interactions: Interactions) -> None:
    interactions[first(interactions, "PUT", "managedClusters")]["request"]["json"]["tags"]["mine"] = "x"


def other_header(interactions: Interactions) -> None:
    interactions[first(interactions, "PATCH", "/secrets/")]["request"]["headers"]["accept"] = "application/json"


def other_order(interactions: Interactions) -> None:
    place = first(interactions, "PATCH", "/secrets/")
    interactions.insert(0, interactions.pop(place))


def one_more(interactions: Interactions) -> None:
    interactions.append(interactions[-1])


def one_less(interactions: Interactions) -> None:
    del interactions[first(interactions, "PUT", "roleAssignments")]


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (other_body, "body sent: "),
        (other_header, "headers sent: "),
        (other_order, "it was not recorded at this place"),
        (one_more, "requests were sent again"),
        (one_less, "No match for the request (<Request (PUT)"),
    ],
)
def test_a_replay_fails_when_something_else_was_recorded(
    edit: Callable[[Interactions], None], why: str, tmp_path: Path
) -> None:
    original = RECORDINGS / f"{STORY}.yaml"
    interactions = yaml.safe_load(original.read_text(encoding="utf-8"))
    edit(interactions)
    head = "".join(f"# {name}: {value}\n" for name, value in about(original).items())
    story = test_kms_scenario.PublicRbac(STORY)
    story.recording_file = str(tmp_path / original.name)
    Path(story.recording_file).write_text(head + yaml.safe_dump(interactions), encoding="utf-8")
    result = unittest.TestResult()
    story.run(result)
    assert why in "".join(text for _, text in (*result.failures, *result.errors))
