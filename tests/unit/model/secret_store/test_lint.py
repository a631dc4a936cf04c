"""SecretSyncs and classes that would be refused, or would never be copied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.model.mounts.secret_class import SecretObject, SecretProviderClass, VaultObject
from azext_akskv.model.secret_store.lint import TYPES, lints_of, lints_of_akv_sync, lints_of_class
from azext_akskv.model.secret_store.sync import SecretSync, SyncedItem, parse_akv_sync
from tests.unit.model.secret_store.builders import an_akv_sync

CLASS = SecretProviderClass(
    "shop",
    "my-class",
    provider="azure",
    parameters={"clientID": "c", "tenantID": "t", "keyvaultName": "v"},
    objects=(
        VaultObject(0, "two", "secret", history=2),
        VaultObject(1, "one", "secret"),
        VaultObject(2, "web", "cert"),
        VaultObject(3, "pem", "secret", alias="file"),
    ),
)
SYNC = SecretSync("shop", "my-secret", "account", "my-class", items=(SyncedItem("two/0", "v0"),))


def told(sync: SecretSync, one: SecretProviderClass | None = CLASS, there_type: str = "") -> list[str]:
    return [str(each) for each in lints_of(sync, one, there_type)]


@pytest.mark.parametrize(
    "source", ["two/0", "two/1", "one", "web", "pem/tls.crt", "file", "file/tls.key", "two/tls.crt"]
)
def test_paths_that_are_there(source: str) -> None:
    objects = (*CLASS.objects, VaultObject(4, "pem", "secret"))
    assert told(replace(SYNC, items=(SyncedItem(source, "v0"),)), replace(CLASS, objects=objects)) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("two", "'two': 2 versions are fetched, so write 'two/0'"),
        ("two/x", "'two/x': 2 versions are fetched, so write 'two/0'"),
        ("two/2", "'two/2' is outside objectVersionHistory, which is 2: the last is 1"),
        ("two/99999999999", "'two/99999999999' is outside objectVersionHistory, which is 2: the last is 1"),
        ("one/0", "'one/0': one version is fetched, so write 'one'"),
        ("one/", "'one/': one version is fetched, so write 'one'"),
        ("one/x", "'one/x': one version is fetched, so write 'one'"),
        ("two/", "'two/': 2 versions are fetched, so write 'two/0'"),
        ("web/tls.key", "tls.key is only there where objectType is secret"),
        ("nothing/0", "'nothing' is none of the objects of 'my-class'"),
        ("", "it is empty"),
    ],
)
def test_paths_that_are_not_there(source: str, message: str) -> None:
    found = told(replace(SYNC, items=(SyncedItem(source, "v0"),)))
    assert found == [f"spec.secretObject.data[0].sourcePath: {message}"]


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"items": ()}, "spec.secretObject.data", "it is empty"),
        ({"items": (SyncedItem("one", "a_b"),)}, "spec.secretObject.data[0].targetKey", "'a_b' is refused"),
        ({"items": (SyncedItem("one", "a" * 254),)}, "spec.secretObject.data[0].targetKey", "it has 254 characters"),
        (
            {"items": (SyncedItem("one", "v0"), SyncedItem("two/0", "v0"))},
            "spec.secretObject.data[1].targetKey",
            "'v0' is there twice",
        ),
        ({"type": "kubernetes.io/service-account-token"}, "spec.secretObject.type", "is none of those"),
        ({"type": "kubernetes.io/tls"}, "spec.secretObject.data", "needs an entry tls.crt"),
        (
            {"labels": {"secrets-store.sync.x-k8s.io/secretsync": "x"}},
            "spec.secretObject.labels",
            "secrets-store.sync.x-k8s.io is the controller's own",
        ),
        (
            {"annotations": {"secrets-store.sync.x-k8s.io": "x"}},
            "spec.secretObject.annotations",
            "secrets-store.sync.x-k8s.io is the controller's own",
        ),
        ({"labels": {"a": "x" * 64}}, "spec.secretObject.labels", "63 are allowed"),
        ({"service_account": ""}, "spec.serviceAccountName", "it is empty"),
        ({"name": "A"}, "metadata.name", "'A' is no name"),
        ({"force": "2026-11-28T12:00:00Z"}, "spec.forceSynchronization", "is refused"),
    ],
)
def test_what_is_refused(change: dict[str, Any], place: str, message: str) -> None:
    found = lints_of(replace(SYNC, **change), CLASS)
    assert found and found[0].place == place and message in found[0].message


def test_class_and_sync_are_in_the_same_namespace() -> None:
    elsewhere = replace(CLASS, namespace="kube-system")
    assert told(SYNC, elsewhere) == [
        "metadata.namespace: the class 'my-class': it is in 'kube-system', and has to be in 'shop'"
    ]
    assert told(SYNC, None) == ["spec.secretProviderClassName: there is no 'my-class' in the namespace shop"]


@pytest.mark.parametrize("kind", TYPES)
def test_the_type_of_a_secret_that_is_there_stays(kind: str) -> None:
    found = [
        each for each in lints_of(replace(SYNC, type=kind), CLASS, "Opaque") if "cannot be changed" in each.message
    ]
    assert bool(found) is (kind != "Opaque")


def test_a_good_class_and_a_good_sync_have_none() -> None:
    assert lints_of_class(CLASS) == () and told(SYNC, there_type="Opaque") == []


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        ({"provider": "aws"}, "spec.provider", "'aws', to be azure"),
        ({"parameters": {"clientID": "c", "tenantID": "t"}}, "spec.parameters.keyvaultName", "it is empty"),
        (
            {"parameters": {**CLASS.parameters, "useVMManagedIdentity": "true"}},
            "spec.parameters.useVMManagedIdentity",
            "workload identity alone",
        ),
        ({"objects": ()}, "objects", "it names nothing"),
        ({"objects": (VaultObject(0, "", "secret"),)}, "objects.array[0]", "objectName is empty"),
        ({"objects": (VaultObject(0, "a", "pfx"),)}, "objects.array[0]", "objectType is 'pfx'"),
        ({"objects": (CLASS.objects[0], CLASS.objects[0])}, "objects.array[0]", "there twice"),
        ({"secret_objects": (SecretObject("a"),)}, "spec.secretObjects", "passes over"),
    ],
)
def test_what_is_wrong_with_a_class(change: dict[str, Any], place: str, message: str) -> None:
    [found] = lints_of_class(replace(CLASS, **change))
    assert found.place == place and message in found.message


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({}, None),
        ({"clientID": ""}, "spec.clientID"),
        ({"serviceAccountName": "A"}, "spec.serviceAccountName"),
        ({"objects": []}, "spec.objects"),
        ({"objects": [{}]}, "spec.objects[0]"),
        ({"objects": [{"secretInAKV": "a", "certInAKV": "b"}]}, "spec.objects[0]"),
        ({"objects": [{"mapping": [{"secretInAKV": "a"}], "versionHistory": 2}]}, "spec.objects[0].versionHistory"),
        (
            {"objects": [{"secretInAKV": "a", "kubernetesSecretType": "x"}]},
            "spec.objects[0].kubernetesSecretType",
        ),
    ],
)
def test_what_is_wrong_with_an_akv_sync(spec: dict[str, Any], place: str | None) -> None:
    found = lints_of_akv_sync(parse_akv_sync(an_akv_sync(**spec)))
    assert [each.place for each in found] == ([place] if place else [])
