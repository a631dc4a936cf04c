"""The objects by which secrets are copied, and how others differ from them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from azext_akskv.gateways.mount_lists import class_of
from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest, Ref
from azext_akskv.model.secret_store.lint import lints_of, lints_of_class
from azext_akskv.model.secret_store.manifests import (
    Copied,
    Setup,
    cannot_change,
    change_of,
    differences,
    entries_of,
    essence_of_class,
    essence_of_sync,
    manifests_of,
)
from azext_akskv.model.secret_store.sync import parse_sync

SETUP = Setup(
    "my-namespace",
    "secret-provider-class-name",
    "my-service-account",
    "my-kv",
    "T1",
    "C1",
    (Copied("my-secret", 2), Copied("Other"), Copied("web", certificate=True), Copied("true")),
)
ACCOUNT, CLASS, SYNC, OTHER, WEB, TRUE = manifests_of(SETUP)


def test_they_are_those_of_the_document_in_its_order() -> None:
    assert [str(each.ref) for each in (ACCOUNT, CLASS, SYNC)] == [
        "ServiceAccount my-namespace/my-service-account",
        "SecretProviderClass my-namespace/secret-provider-class-name",
        "SecretSync my-namespace/my-secret",
    ]
    assert ACCOUNT.body == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "my-service-account", "namespace": "my-namespace"},
    }
    assert list(CLASS.body) == list(SYNC.body) == ["apiVersion", "kind", "metadata", "spec"]
    assert CLASS.body["apiVersion"] == "secrets-store.csi.x-k8s.io/v1"
    assert list(CLASS.body["spec"]["parameters"]) == ["clientID", "keyvaultName", "objects", "tenantID"]
    assert SYNC.body["apiVersion"] == "secret-sync.x-k8s.io/v1alpha1"
    assert SYNC.body["spec"] == {
        "serviceAccountName": "my-service-account",
        "secretProviderClassName": "secret-provider-class-name",
        "secretObject": {
            "type": "Opaque",
            "data": [
                {"sourcePath": "my-secret/0", "targetKey": "my-secret-data-key0"},
                {"sourcePath": "my-secret/1", "targetKey": "my-secret-data-key1"},
            ],
        },
    }


def test_objects_are_yaml_of_texts_of_yaml() -> None:
    written = CLASS.body["spec"]["parameters"]["objects"]
    read = [yaml.load(each, yaml.BaseLoader) for each in yaml.safe_load(written)["array"]]
    assert read == [
        {"objectName": "my-secret", "objectType": "secret", "objectVersionHistory": "2"},
        {"objectName": "Other", "objectType": "secret"},
        {"objectName": "web", "objectType": "secret"},
        {"objectName": "true", "objectType": "secret"},
    ]
    assert yaml.safe_load(yaml.safe_load(written)["array"][3])["objectName"] == "true"


def test_one_version_has_no_number_and_a_certificate_two_entries() -> None:
    assert entries_of(Copied("Other")) == (("Other", "Other-data-key0"),)
    assert OTHER.ref.name == "other"
    assert WEB.body["spec"]["secretObject"] == {
        "type": "kubernetes.io/tls",
        "data": [
            {"sourcePath": "web/tls.crt", "targetKey": "tls.crt"},
            {"sourcePath": "web/tls.key", "targetKey": "tls.key"},
        ],
    }
    with pytest.raises(BadInput, match="only the newest version"):
        manifests_of(Setup("n", "c", "s", "v", "t", "i", (Copied("web", 2, certificate=True),)))


def test_what_is_made_has_nothing_to_find_fault_with() -> None:
    one = class_of(CLASS.body)
    assert lints_of_class(one) == ()
    for each in (SYNC, OTHER, WEB, TRUE):
        assert lints_of(parse_sync(each.body), one) == ()


def test_what_was_made_is_found_as_it_was_made() -> None:
    assert differences(CLASS, essence_of_class(class_of(CLASS.body))) == ()
    for each in (SYNC, OTHER, WEB, TRUE):
        assert differences(each, essence_of_sync(parse_sync(each.body))) == ()
    assert differences(ACCOUNT, {}) == ()


def a_class(**parameters: Any) -> dict[str, Any]:
    spec = CLASS.body["spec"]
    return {**CLASS.body, "spec": {**spec, "parameters": {**spec["parameters"], **parameters}}}


def test_the_letters_of_ids_and_what_others_set_mean_nothing() -> None:
    raw = a_class(clientID="c1", keyvaultName="MY-KV", cloudName="", usePodIdentity="false")
    raw["metadata"] = {**raw["metadata"], "labels": {"team": "shop"}}
    assert differences(CLASS, essence_of_class(class_of(raw))) == ()


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"clientID": "c2"}, "the parameter clientid is 'c2', to be 'c1'"),
        ({"tenantID": None}, "the parameter tenantid is not there"),
        ({"useVMManagedIdentity": "true"}, "the parameter useVMManagedIdentity is there beside ('true')"),
    ],
)
def test_a_class_that_differs_says_how(parameters: dict[str, Any], told: str) -> None:
    assert differences(CLASS, essence_of_class(class_of(a_class(**parameters)))) == (told,)


def test_objects_that_lack_differ_or_are_beside_are_told() -> None:
    objects = "array:\n  - |\n    objectName: my-secret\n    objectType: secret\n  - |\n    objectName: more\n"
    found = differences(CLASS, essence_of_class(class_of(a_class(objects=objects))))
    assert "the object my-secret is 'secret my-secret, history 1', to be 'secret my-secret, history 2'" in found
    assert "the object web is not there" in found
    assert "the object more is there beside ('secret more, history 1')" in found


def test_a_sync_that_differs_says_how() -> None:
    raw = {**SYNC.body, "spec": {**SYNC.body["spec"], "serviceAccountName": "x", "forceSynchronization": "1"}}
    raw["spec"]["secretObject"] = {"data": [{"sourcePath": "my-secret/0", "targetKey": "my-secret-data-key0"}]}
    assert differences(SYNC, essence_of_sync(parse_sync(raw))) == (
        "the service account is 'x', to be 'my-service-account'",
        "the entry my-secret-data-key1 is not there",
    )


def test_the_type_of_a_secret_cannot_be_changed() -> None:
    opaque, tls = essence_of_sync(parse_sync(SYNC.body)), essence_of_sync(parse_sync(WEB.body))
    assert cannot_change(SYNC, opaque) == cannot_change(SYNC, {}) == cannot_change(CLASS, tls) == ""
    assert "SecretSync my-namespace/my-secret and its Secret have to be deleted" in cannot_change(SYNC, tls)


def versioned(manifest: Manifest, **parameters: Any) -> dict[str, Any]:
    body = a_class(**parameters) if manifest is CLASS else manifest.body
    return {**body, "metadata": {**body["metadata"], "resourceVersion": "7"}}


def test_a_change_holds_for_what_was_seen_and_leaves_what_is_others() -> None:
    assert change_of(SYNC, versioned(SYNC)) == {"metadata": {"resourceVersion": "7"}, "spec": SYNC.body["spec"]}
    assert change_of(ACCOUNT, versioned(ACCOUNT)) == {"metadata": {"resourceVersion": "7"}}
    change = change_of(CLASS, versioned(CLASS, useVMManagedIdentity="true", clientid="old", cloudName="x"))
    parameters = change["spec"]["parameters"]
    assert (parameters["useVMManagedIdentity"], parameters["clientid"], parameters["clientID"]) == (None, None, "C1")
    assert "cloudName" not in parameters
    with pytest.raises(BadInput, match="no resourceVersion"):
        change_of(SYNC, SYNC.body)


@pytest.mark.parametrize(
    ("kind", "path", "resource"),
    [
        (Kind.ACCOUNT, "/api/v1/namespaces/n/serviceaccounts", "serviceaccounts"),
        (
            Kind.CLASS,
            "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/n/secretproviderclasses",
            "secretproviderclasses.secrets-store.csi.x-k8s.io",
        ),
        (
            Kind.SYNC,
            "/apis/secret-sync.x-k8s.io/v1alpha1/namespaces/n/secretsyncs",
            "secretsyncs.secret-sync.x-k8s.io",
        ),
    ],
)
def test_where_the_api_server_has_them(kind: Kind, path: str, resource: str) -> None:
    assert (Ref(kind, "n", "a").path, kind.resource) == (path, resource)
    assert Ref(kind, "n", "a").right("create") == KubeRight("create", kind.plural, kind.group, "n")
