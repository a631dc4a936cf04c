"""Manifests of a mount: bodies, files, Secrets, and how they are compared with what is there."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.gateways.kube_manifests import parsed
from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.manifests.bodies import manifests_of
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest
from azext_akskv.model.mounts.manifests.objects import entries_of, scalar, twice, written_objects
from azext_akskv.model.mounts.manifests.secrets import synced_of, variables_of
from azext_akskv.model.mounts.manifests.setup import Setup, cloud_of
from azext_akskv.model.mounts.manifests.standing import change_of, differences
from azext_akskv.model.mounts.worker import Mode, Worker
from azext_akskv.model.vault_object import ObjectType

SECRET, KEY, CERT = ObjectType.SECRET, ObjectType.KEY, ObjectType.CERT
NODE = Setup(
    "shop", "kv", "shop-kv", "tenant", Worker(Mode.NODE, "client"), (AskedObject(SECRET, "db-pass"),), "add-on"
)
ACCOUNT = replace(NODE, worker=Worker(Mode.WORKLOAD, "client"), service_account="web")


def manifest(setup: Setup, kind: Kind) -> Manifest:
    return next(each for each in manifests_of(setup) if each.ref.kind is kind)


def parameters(setup: Setup) -> dict[str, str]:
    found: dict[str, str] = manifest(setup, Kind.CLASS).body["spec"]["parameters"]
    return found


def standing(made: Manifest, **spec: Any) -> Any:
    body = copy.deepcopy(made.body)
    body["metadata"]["resourceVersion"] = "7"
    body.get("spec", {}).update(spec)
    return parsed(made.ref, body)


def test_a_class_reads_as_one_worker_alone() -> None:
    assert {name: parameters(NODE).get(name) for name in ("useVMManagedIdentity", "clientID")} == {
        "useVMManagedIdentity": "true",
        "clientID": None,
    }
    of_account = parameters(ACCOUNT)
    assert of_account["clientID"] == "client" and "userAssignedIdentityID" not in of_account
    assert all(isinstance(value, str) for value in of_account.values())


@pytest.mark.parametrize(
    ("host", "cloud"),
    [("kv.vault.azure.net", ""), ("kv.vault.azure.cn", "AzureChinaCloud"), ("kv.vault.usgovcloudapi.net", "US")],
)
def test_other_clouds_are_named(host: str, cloud: str) -> None:
    assert cloud in cloud_of(host) and bool(cloud) == bool(cloud_of(host))
    assert ("cloudName" in parameters(replace(NODE, cloud=cloud_of(host)))) is bool(cloud)


def test_objects_are_texts_in_a_text() -> None:
    objects = (AskedObject(SECRET, "yes", version="0123"), AskedObject(KEY, "1e3", alias="k.pem"))
    assert written_objects(entries_of(objects, with_secrets=False)) == (
        'array:\n  - |\n    objectName: "yes"\n    objectType: secret\n    objectVersion: "0123"\n'
        '  - |\n    objectName: "1e3"\n    objectType: key\n    objectAlias: "k.pem"\n'
    )


@pytest.mark.parametrize("text", ["true", "NO", "0x1f", "1e3", "1-2", "-a", ".5", "~", "null", "12:30"])
def test_what_may_be_taken_for_something_else_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')


def test_a_certificate_a_key_and_a_secret_of_one_name_have_files_of_their_own() -> None:
    entries = entries_of([AskedObject(of, "web") for of in (SECRET, KEY, CERT)], with_secrets=False)
    assert [each.file for each in entries] == ["web", "web-key", "web-cert"] and not twice(entries)
    taken = entries_of([AskedObject(SECRET, "a", alias="b"), AskedObject(SECRET, "b", alias="b")], with_secrets=False)
    assert twice(taken) == ("b",)


def test_a_synced_certificate_is_fetched_with_its_key_and_has_a_secret_of_its_own() -> None:
    setup = replace(NODE, objects=(AskedObject(SECRET, "db-pass"), AskedObject(CERT, "Web")), synced_secret="shop")
    opaque, tls = synced_of(setup)
    assert (opaque.name, opaque.type, opaque.data) == ("shop", "Opaque", (("db-pass", "db-pass"),))
    assert (tls.name, tls.type) == ("shop-web", "kubernetes.io/tls")
    assert tls.data == (("tls.crt", "Web"), ("tls.key", "Web"))
    assert "objectType: cert" not in parameters(setup)["objects"]
    [alone] = synced_of(replace(setup, objects=(AskedObject(CERT, "Web"),)))
    assert alone.name == "shop" and variables_of(alone) == ()
    assert "objectType: cert" in parameters(replace(setup, synced_secret=""))["objects"]


def test_variables_have_names_that_shells_take() -> None:
    objects = (AskedObject(SECRET, "1st-key"), AskedObject(SECRET, "a-b"), AskedObject(SECRET, "c", alias="a.b"))
    [secret] = synced_of(replace(NODE, objects=objects, synced_secret="shop"))
    assert variables_of(secret) == (("_1ST_KEY", "1st-key"), ("A_B", "a-b"), ("A_B_", "a.b"))


def test_pods_mount_read_only_on_linux_and_need_nothing_more() -> None:
    spec = manifest(NODE, Kind.POD).body["spec"]
    [volume], [container] = spec["volumes"], spec["containers"]
    assert volume["csi"]["readOnly"] is True and container["volumeMounts"][0]["readOnly"] is True
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"} and "serviceAccountName" not in spec
    assert spec["securityContext"]["runAsNonRoot"] and not container["securityContext"]["allowPrivilegeEscalation"]
    made = manifest(replace(ACCOUNT, workload="deployment"), Kind.DEPLOYMENT).body["spec"]
    assert made["selector"]["matchLabels"].items() <= made["template"]["metadata"]["labels"].items()
    assert made["template"]["spec"]["serviceAccountName"] == "web"
    assert [each.ref.kind for each in manifests_of(replace(ACCOUNT, workload="none"))] == [Kind.ACCOUNT, Kind.CLASS]


def test_a_long_name_makes_a_label() -> None:
    assert len(replace(NODE, class_name="a" * 63).workload_name) <= 63
    assert replace(NODE, class_name="a" * 55 + "-b").workload_name == "a" * 55 + "-reader"


@pytest.mark.parametrize("setup", [NODE, ACCOUNT, replace(ACCOUNT, workload="deployment", synced_secret="shop")])
def test_what_was_written_is_the_same(setup: Setup) -> None:
    for each in manifests_of(setup):
        assert differences(each, standing(each)) == ()


def test_what_an_api_server_adds_is_no_difference() -> None:
    made = manifest(replace(NODE, workload="deployment"), Kind.DEPLOYMENT)
    body = copy.deepcopy(made.body)
    body["metadata"] |= {"resourceVersion": "7", "generation": 1, "annotations": {"deployment.kubernetes.io/rev": "1"}}
    body["spec"] |= {"revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
    pod = body["spec"]["template"]["spec"]
    pod |= {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}
    pod["containers"].append({"name": "sidecar", "image": "mesh", "env": [{"name": "A", "value": "planted"}]})
    there = parsed(made.ref, body)
    assert differences(made, there) == () and "planted" not in repr(there.essence)


def test_a_label_that_is_not_needed_is_no_difference() -> None:
    labelled = manifest(ACCOUNT, Kind.POD).body
    body = copy.deepcopy(manifest(NODE, Kind.POD).body)
    body["metadata"] |= {"resourceVersion": "7", "labels": labelled["metadata"]["labels"]}
    made = manifest(NODE, Kind.POD)
    assert differences(made, parsed(made.ref, body)) == ()


def test_variables_of_secrets_that_are_not_made_any_more_are_a_difference() -> None:
    before = manifest(replace(NODE, workload="deployment", synced_secret="shop"), Kind.DEPLOYMENT)
    now = manifest(replace(NODE, workload="deployment"), Kind.DEPLOYMENT)
    [told] = differences(now, standing(before))
    assert told == "the variable from the Secret shop, key db-pass is there as well ('there')"


def test_objects_that_nobody_can_read_are_a_difference() -> None:
    made = manifest(NODE, Kind.CLASS)
    there = standing(made, parameters={**parameters(NODE), "objects": "array: [\n"})
    assert any("objects is there as well" in each for each in differences(made, there))


def test_a_change_holds_for_one_version_and_takes_parameters_away() -> None:
    made = manifest(NODE, Kind.CLASS)
    there = standing(made, parameters={**parameters(NODE), "cloudName": "AzureChinaCloud"}, secretObjects=[])
    change = change_of(made, there)
    assert change["metadata"] == {"resourceVersion": "7"}
    assert change["spec"]["parameters"]["cloudName"] is None and change["spec"]["secretObjects"] is None
    account = manifest(ACCOUNT, Kind.ACCOUNT)
    assert set(change_of(account, standing(account))) == {"metadata"}
    deployment = manifest(replace(NODE, workload="deployment"), Kind.DEPLOYMENT)
    assert set(change_of(deployment, standing(deployment))["spec"]) == {"template"}


def test_what_is_ending_cannot_be_changed() -> None:
    made = manifest(NODE, Kind.CLASS)
    body = {**made.body, "metadata": {"resourceVersion": "7", "deletionTimestamp": "2026-03-01T12:00:00Z"}}
    assert parsed(made.ref, body).fixed == "it is being deleted"


def test_an_object_without_a_version_is_none() -> None:
    made = manifest(NODE, Kind.CLASS)
    with pytest.raises(BadInput):
        parsed(made.ref, made.body)


def test_paths_and_rights_name_group_and_namespace() -> None:
    refs = {each.ref.kind: each.ref for each in manifests_of(replace(ACCOUNT, workload="deployment"))}
    assert refs[Kind.ACCOUNT].path == "/api/v1/namespaces/shop/serviceaccounts"
    assert refs[Kind.DEPLOYMENT].path == "/apis/apps/v1/namespaces/shop/deployments"
    assert refs[Kind.CLASS].path.startswith("/apis/secrets-store.csi.x-k8s.io/v1/namespaces/shop/secretprov")
    assert str(refs[Kind.CLASS].right("create")) == ("create secretproviderclasses.secrets-store.csi.x-k8s.io in shop")
