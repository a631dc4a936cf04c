"""What follows a mount: conversion, Kubernetes Secrets out of files, rotation."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from emulator.kubernetes.secrets_store.conversion import content_of
from emulator.kubernetes.secrets_store.durations import parsed
from emulator.kubernetes.secrets_store.parameters import MountError, Wanted
from emulator.worlds.secrets_store import SecretsStore
from tests.emulator.secrets_client import (
    CLASSES,
    PODS,
    ROTATES,
    SECRET,
    Store,
    a_class,
    a_pod,
    a_store,
    chart,
    entries,
    items,
    vault_failure,
)

SYNCED = {"secretName": "db", "type": "Opaque", "data": [{"objectName": "db-pass", "key": "password"}]}
ENV = [{"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]
STATUSES = "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses"
THROTTLED = vault_failure("https://v/secrets/db-pass/", 429, "Throttled", "Reason: VaultRequestTypeLimitReached")


def with_secret(**more: Any) -> dict[str, Any]:
    return a_class(secret_objects=[{**SYNCED, **more}])


def data_of(store: Store, name: str = "db") -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in store.api.secret(name)["data"].items()}


def a_certificate() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=365))
    return key, built.sign(key, hashes.SHA256())


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def test_a_key_is_its_public_half() -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    numbers = key.public_numbers()
    found = content_of(Wanted("k", "key"), {"key": {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}})
    assert found == key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = curve.public_numbers()
    members = {"kty": "EC", "crv": "P-256", "x": number(point.x), "y": number(point.y)}
    assert content_of(Wanted("k", "key"), {"key": members}) == curve.public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    ("wanted", "bundle", "text"),
    [
        (Wanted("k", "key"), {"key": {"kty": "oct"}}, "failed to get key. key type 'oct' currently not supported"),
        (Wanted("k", "key"), {"key": {"kty": "EC", "crv": "P-256K"}}, "curve P-256K is not supported"),
        (
            *(Wanted("c", "secret"), {"value": "a", "kid": "k", "contentType": "text/plain"}),
            "failed to get certificate. unknown content type 'text/plain'",
        ),
        (Wanted("s", "secret", encoding="hex"), {"value": "0g"}, "encoding/hex: invalid byte: U+0067 'g'"),
    ],
)
def test_what_cannot_be_converted(wanted: Wanted, bundle: dict[str, Any], text: str) -> None:
    with pytest.raises(MountError) as caught:
        content_of(wanted, bundle)
    assert str(caught.value) == text


def test_a_certificate_is_its_leaf_and_its_secret_the_key_with_the_chain() -> None:
    key, leaf = a_certificate()
    pem = leaf.public_bytes(Encoding.PEM)
    cer = base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()
    assert content_of(Wanted("c", "cert"), {"cer": cer}) == pem
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    packed = pkcs12.serialize_key_and_certificates(b"c", key, leaf, None, NoEncryption())
    assert packed != pkcs12.serialize_key_and_certificates(b"c", key, leaf, None, BestAvailableEncryption(b"x"))
    bundle = {"value": base64.b64encode(packed).decode(), "kid": "k", "contentType": "application/x-pkcs12"}
    assert content_of(Wanted("c", "secret"), bundle) == private + pem
    assert content_of(Wanted("c", "secret", format="pfx", encoding="base64"), bundle) == packed


def test_a_secret_is_made_of_what_is_mounted_and_goes_with_the_last_pod() -> None:
    store = a_store()
    pod = store.run(a_pod(env=ENV), with_secret(labels={"env": "dev"}))
    assert pod["status"]["phase"] == "Running"
    made = store.api.secret("db")
    assert data_of(store) == {"password": "correct-horse"} and made["type"] == "Opaque"
    assert made["metadata"]["labels"] == {"secrets-store.csi.k8s.io/managed": "true", "env": "dev"}
    assert made["metadata"]["ownerReferences"][0]["uid"] == pod["metadata"]["uid"]
    store.add(a_pod("second"), PODS)
    store.pod("second")
    store.api("DELETE", f"{PODS.format('default')}/web")
    assert data_of(store)
    store.api("DELETE", f"{PODS.format('default')}/second")
    assert store.api("GET", "/api/v1/namespaces/default/secrets/db").status == 404


def test_a_container_waits_for_a_secret_that_was_not_made() -> None:
    store = a_store()
    state = store.run(a_pod(env=ENV))["status"]["containerStatuses"][0]["state"]["waiting"]
    assert state == {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    assert [one["message"] for one in store.events("Failed")] == ['Error: secret "db" not found']
    other = [{"name": "PASS", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}}]
    wrong = a_store()
    waiting = wrong.run(a_pod(env=other), with_secret())["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["message"] == "couldn't find key user in Secret default/db"
    optional = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "no", "key": "no", "optional": True}}}]
    assert a_store().run(a_pod(env=optional))["status"]["phase"] == "Running"


def test_a_driver_that_may_not_create_secrets_says_so_and_the_mount_stays() -> None:
    store = a_store(chart())
    pod = store.run(a_pod(env=ENV), with_secret())
    assert pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    user = r"User \"system:serviceaccount:kube-system:secrets-store-csi-driver\" cannot create resource \"secrets\""
    forbidden = rf'err="secrets is forbidden: {user} in API group \"\" in the namespace \"default\""'
    line = store.errors("driver")[0]
    assert f'"failed to create Kubernetes secret" {forbidden} spc="default/kv" pod="default/web"' in line
    assert line.endswith('secret="default/db" spcps="default/web-default-kv"\n')
    assert "The secret operation failed with forbidden error. If you installed the CSI driver using helm" in (
        store.logs("driver")
    )
    assert store.events("FailedToCreateSecret")[0]["message"] == "timed out waiting for the condition"
    assert len(items(store.api, STATUSES)) == 1
    role = {"kind": "ClusterRole", "name": "syncing"}
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}]
    subject = {"kind": "ServiceAccount", "name": "secrets-store-csi-driver", "namespace": "kube-system"}
    path = "/apis/rbac.authorization.k8s.io/v1"
    store.api("POST", f"{path}/clusterroles", {"metadata": {"name": "syncing"}, "rules": rules})
    binding = {"metadata": {"name": "syncing"}, "roleRef": role, "subjects": [subject]}
    store.api("POST", f"{path}/clusterrolebindings", binding)
    store.api.world.clock.advance(10)
    store.pod()
    assert data_of(store) == {"password": "correct-horse"} and store.pod()["status"]["phase"] == "Running"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"data": [{"objectName": "db_pass", "key": "a"}]}, "file matching objectName db_pass not found in the pod"),
        ({"data": [{"objectName": "db-pass", "key": ""}]}, "key in secretObjects.data is empty"),
        (
            {"type": "kubernetes.io/tls", "data": [{"objectName": "db-pass", "key": "ca.crt"}]},
            "key 'ca.crt' is not supported. Only 'tls.key' and 'tls.crt' are supported",
        ),
    ],
)
def test_a_secret_of_files_that_are_not_there_is_not_made(wanted: dict[str, Any], text: str) -> None:
    store = a_store()
    assert store.run(of=with_secret(**wanted))["status"]["phase"] == "Running"
    [event] = store.events("FailedToCreateSecret")
    assert event["message"] == f"failed to get data in spc default/kv for secret db, err: {text}"
    assert event["source"]["component"] == "csi-secrets-store-controller"


def test_an_incomplete_secret_object_is_only_in_the_log() -> None:
    store = a_store()
    store.run(of=with_secret(type=""))
    assert '"failed to validate secret object in spc"' in store.errors("driver")[0]
    assert store.events("FailedToCreateSecret") == []


def test_a_tls_secret_is_cut_out_of_the_file() -> None:
    key, leaf = a_certificate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = leaf.public_bytes(Encoding.PEM).decode()
    store = a_store()
    store.azure.put("secrets/db-pass", value=public + private)
    parts = [{"objectName": "db-pass", "key": name} for name in ("tls.key", "tls.crt")]
    store.run(of=with_secret(type="kubernetes.io/tls", data=parts))
    assert data_of(store) == {"tls.key": private, "tls.crt": public}


def rotating(driver: str = "1.5.1") -> Store:
    store = a_store(SecretsStore(driver=driver), **ROTATES)
    store.run(of=with_secret())
    return store


def version_of(store: Store) -> str:
    found: str = items(store.api, STATUSES)[0]["status"]["objects"][0]["version"]
    return found


def test_rotation_brings_a_new_version_into_files_status_and_secret_and_tells_it() -> None:
    store = rotating()
    store.azure.put("secrets/db-pass", value="battery")
    store.api.world.clock.advance(60)
    assert version_of(store) == "1"
    store.api.world.clock.advance(60)
    assert (version_of(store), data_of(store)) == ("2", {"password": "battery"})
    [mount] = store.events("MountRotationComplete")
    assert (mount["message"], mount["type"]) == (
        *("successfully rotated mounted contents for spc default/kv", "Normal"),
    )
    assert store.events("SecretRotationComplete")[0]["message"] == "successfully rotated K8s secret db"


def test_without_rotation_what_is_mounted_stays() -> None:
    store = a_store()
    store.run(of=with_secret())
    store.azure.put("secrets/db-pass", value="battery")
    store.api.world.clock.advance(3600)
    assert (version_of(store), data_of(store)) == ("1", {"password": "correct-horse"})


def test_a_rotation_that_fails_is_told_by_old_drivers_and_only_logged_by_new_ones() -> None:
    old, new = rotating(), rotating("1.6.0")
    for store in (old, new):
        store.azure.vault_says = THROTTLED
        store.api.world.clock.advance(125)
        assert (store.pod()["status"]["phase"], version_of(store)) == ("Running", "1")
        assert "429" in store.errors("provider")[0]
    [event] = old.events("MountRotationFailed")
    assert event["message"].startswith(
        "provider mount err: rpc error: code = Unknown desc = failed to mount objects, error: failed to get objectType"
    )
    assert event["source"]["component"] == "csi-secrets-store-rotation"
    assert '"failed to reconcile spc for pod"' in old.errors("driver")[0]
    assert 'controller="rotation"' in old.errors("driver")[0]
    assert new.events("MountRotationFailed") == [] and "isRemountRequest=true" in new.errors("driver")[0]
    assert old.events() == new.events() == []


def test_rotation_finds_credentials_by_their_label_alone() -> None:
    store = a_store(**ROTATES)
    store.api.create("creds", data={"clientid": "YQ==", "clientsecret": "Yg=="})
    store.run(a_pod(csi={"nodePublishSecretRef": {"name": "creds"}}), a_class(useVMManagedIdentity=None))
    store.api.world.clock.advance(125)
    [event] = store.events("MountRotationFailed")
    assert event["message"] == 'failed to get node publish secret default/creds, err: secrets "creds" not found'


@pytest.mark.parametrize(("text", "seconds"), [("2m", 120), ("1h30m", 5400), ("90s", 90), ("", 7), ("soon", 7)])
def test_intervals_are_durations_of_go(text: str, seconds: int) -> None:
    assert parsed(text, timedelta(seconds=7)) == timedelta(seconds=seconds)


def test_objects_are_files_under_their_alias() -> None:
    store = a_store()
    store.azure.put("secrets/other", value="battery")
    objects = entries({**SECRET, "objectAlias": "pass"}, {"objectName": "other", "objectType": "SECRET"})
    pod = store.run(of=a_class(objects=objects))
    assert store.api.server.volumes.files(pod["metadata"]["uid"]) == {
        "kv": {"pass": b"correct-horse", "other": b"battery"}
    }
    assert store.api("GET", f"{CLASSES.format('default')}/kv").status == 200
