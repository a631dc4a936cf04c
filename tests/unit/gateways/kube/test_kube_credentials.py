"""What opens the API server of a user's own context."""

from __future__ import annotations

import logging
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from azext_akskv.failures import GatewayError, Rejected
from azext_akskv.gateways.kube_credentials import Around, connector
from azext_akskv.gateways.kube_server import ApiServer, Request
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import Authority, KubeService, a_proxy, encoded
from tests.unit.gateways.kube.kubeconfigs import of_service, opened, put

READ = Request("read something", "GET", "/api")
TOKEN = "the-static-token"


@pytest.fixture(autouse=True)
def api_of(kube: KubeService) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))


def test_a_token_opens_the_server_that_the_context_names(kube: KubeService, tmp_path: Path) -> None:
    ApiServer(opened(put(tmp_path, of_service(kube, token=TOKEN)))).ask(READ)
    assert kube.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("in_files", [True, False])
def test_a_client_certificate_as_data_or_in_files_beside(kube: KubeService, tmp_path: Path, in_files: bool) -> None:
    client, folder = kube.authority.client, tmp_path / "kube"
    parts = {"client-certificate": client.cert_chain_pems[0].bytes(), "client-key": client.private_key_pem.bytes()}
    folder.mkdir()
    for name, content in parts.items():
        (folder / name).write_bytes(content)
    (folder / "ca").write_bytes(kube.authority.pem)
    user = (
        {name: name for name in parts} if in_files else {f"{name}-data": encoded(each) for name, each in parts.items()}
    )
    cluster = {"certificate-authority": "ca"} if in_files else None
    before = set(os.listdir(tempfile.gettempdir()))
    ApiServer(opened(put(folder, of_service(kube, cluster=cluster, **user)))).ask(READ)
    assert kube.certified == [True] and "authorization" not in kube.requests[0].headers
    assert not [name for name in set(os.listdir(tempfile.gettempdir())) - before if name.startswith("akskv-")]


def test_a_token_file_is_read_anew_and_comes_before_the_token(kube: KubeService, tmp_path: Path) -> None:
    path = put(tmp_path, of_service(kube, token=TOKEN, tokenFile="token"))
    assert opened(path).token == TOKEN
    connect = connector((path,), "edge", Around({}), AT_ONCE)
    for told in ("first", "second"):
        (tmp_path / "token").write_text(f"{told}\n")
        connect().ask(READ)
    assert [each.headers["authorization"] for each in kube.requests] == ["Bearer first", "Bearer second"]


def test_the_certificates_name_may_be_another_one(kube: KubeService, tmp_path: Path) -> None:
    kube.url = kube.url.replace("127.0.0.1", "localhost")
    ca = {"certificate-authority-data": encoded(kube.authority.pem)}
    with pytest.raises(Rejected) as caught:
        ApiServer(opened(put(tmp_path, of_service(kube, cluster=ca, token=TOKEN)))).ask(READ)
    assert caught.value.code == "tls" and kube.requests == []
    named = {**ca, "tls-server-name": "127.0.0.1"}
    ApiServer(opened(put(tmp_path, of_service(kube, cluster=named, token=TOKEN)))).ask(READ)
    assert len(kube.requests) == 1


def test_the_contexts_own_proxy_comes_before_the_environments(
    kube: KubeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://nobody.example.test:1")
    asked: list[tuple[str, str]] = []
    with a_proxy(asked) as port:
        proxied = {
            "certificate-authority-data": encoded(kube.authority.pem),
            "proxy-url": f"http://me:pass@127.0.0.1:{port}",
        }
        access = opened(put(tmp_path, of_service(kube, cluster=proxied, token=TOKEN)))
        ApiServer(access).ask(READ)
    assert len(asked) == len(kube.requests) == 1 and asked[0][1].startswith("Basic ")
    assert "pass" not in repr(access)


def test_without_a_ca_a_server_is_checked_by_what_az_trusts(kube: KubeService, tmp_path: Path) -> None:
    path = put(tmp_path, of_service(kube, cluster={}, token=TOKEN))
    with pytest.raises(Rejected) as caught:
        ApiServer(opened(path)).ask(READ)
    assert caught.value.code == "tls" and kube.requests == []
    access = opened(path, bundle=kube.authority.bundle(tmp_path))
    assert access.tls.check_hostname and access.tls.verify_mode == ssl.CERT_REQUIRED
    ApiServer(access).ask(READ)


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ({"insecure-skip-tls-verify": True}, "TLS is always verified: .*--embed-certs"),
        ({"server": "http://127.0.0.1"}, "not an https address"),
        ({"server": "https://[::1"}, "not an https address"),
        ({"server": "https://me:s3cr3t@127.0.0.1"}, "not an https address"),
        ({"server": ["s3cr3t"]}, "cannot be understood"),
        ({"certificate-authority": "not-there"}, "not-there cannot be read"),
        ({"certificate-authority-data": encoded(b"s3cr3t")}, "is not a PEM certificate"),
        ({"certificate-authority-data": "s3cr3"}, "is not base64"),
    ],
)
def test_a_cluster_that_cannot_be_verified_is_refused(
    kube: KubeService, tmp_path: Path, cluster: dict[str, Any], told: str
) -> None:
    with pytest.raises(Rejected, match=told) as caught:
        opened(put(tmp_path, of_service(kube, cluster=cluster, token=TOKEN)))
    assert "s3cr3t" not in str(caught.value) and "ARM" not in str(caught.value) and kube.requests == []


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({}, "no client certificate, no token and no plugin"),
        ({"username": "u", "password": "s3cr3t"}, "password.*since Kubernetes 1.19"),
        ({"auth-provider": {"name": "azure"}, "token": "s3cr3t"}, "auth-provider.*kubelogin convert-kubeconfig"),
        ({"token": "s3cr3t", "as": "admin"}, "acts as somebody else"),
        ({"token": "two s3cr3t"}, "no bearer token"),
        ({"token": 17}, "cannot be understood"),
        ({"tokenFile": "not-there"}, "not-there cannot be read"),
        ({"client-certificate-data": encoded(b"s3cr3t")}, "and not both"),
        ({"client-certificate-data": encoded(b"x"), "client-key-data": encoded(b"s3cr3t")}, "do not fit together"),
    ],
)
def test_a_user_that_is_not_taken_is_told_what_to_do(
    kube: KubeService, tmp_path: Path, user: dict[str, Any], told: str
) -> None:
    with pytest.raises(Rejected, match=told) as caught:
        opened(put(tmp_path, of_service(kube, **user)))
    assert "s3cr3t" not in str(caught.value) and "ARM" not in str(caught.value)


def test_an_encrypted_key_asks_nobody_for_its_passphrase(kube: KubeService, tmp_path: Path) -> None:
    key = load_pem_private_key(kube.authority.client.private_key_pem.bytes(), None)
    certificate = encoded(kube.authority.client.cert_chain_pems[0].bytes())
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        locked = key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"x"))
        user = {"client-certificate-data": certificate, "client-key-data": encoded(locked)}
        with pytest.raises(Rejected, match="encrypted"):
            opened(put(tmp_path, of_service(kube, **user)))


def test_nothing_of_it_is_logged(kube: KubeService, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    access = opened(put(tmp_path, of_service(kube, token=TOKEN)))
    ApiServer(access).ask(READ)
    assert TOKEN not in caplog.text and TOKEN not in repr(access)


def test_a_context_of_another_ca_gets_no_credential(kube: KubeService, tmp_path: Path) -> None:
    foreign = {"certificate-authority-data": encoded(Authority().pem)}
    with pytest.raises(GatewayError):
        ApiServer(opened(put(tmp_path, of_service(kube, cluster=foreign, token=TOKEN)))).ask(READ)
    assert kube.requests == []


def test_what_is_broken_is_told_when_it_is_connected(tmp_path: Path) -> None:
    connect = connector((tmp_path / "none",), "edge", Around({}), AT_ONCE)
    with pytest.raises(Rejected):
        connect()
