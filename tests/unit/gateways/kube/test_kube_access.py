"""The way to the API server: right host, right CA, a credential that goes nowhere else and is written nowhere."""

from __future__ import annotations

import base64
import logging
import os
import ssl
import tempfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme

from azext_akskv.failures import Missing, Rejected, Unavailable
from azext_akskv.gateways.kube_access import SERVER_APPLICATION, read_kubeconfig, written
from azext_akskv.gateways.kube_server import MOST_BYTES, ApiServer, Request
from tests.unit.gateways.conftest import Reply
from tests.unit.gateways.kube.kube_service import (
    HOST,
    Authority,
    KubeService,
    a_kubeconfig,
    a_proxy,
    a_status,
    encoded,
    kubelogin,
    listening,
    no_token,
    serving,
)

NAMES = frozenset({HOST})
READ = Request("read something", "GET", "/api")


@pytest.fixture(autouse=True)
def api_of(kube: KubeService) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))


def certificate(authority: Authority) -> dict[str, str]:
    return {
        "client-certificate-data": encoded(authority.client.cert_chain_pems[0].bytes()),
        "client-key-data": encoded(authority.client.private_key_pem.bytes()),
        "token": "the-static-token",
    }


def test_a_client_certificate_is_used_and_then_no_token_is_sent(kube: KubeService) -> None:
    kube.server(**certificate(kube.authority)).ask(READ)
    assert kube.certified == [True]
    assert "authorization" not in kube.requests[0].headers


def test_the_client_key_does_not_stay_on_the_disk(kube: KubeService, tmp_path: Path) -> None:
    before = set(os.listdir(tempfile.gettempdir()))
    kube.server(**certificate(kube.authority))
    assert not [name for name in set(os.listdir(tempfile.gettempdir())) - before if name.startswith("akskv-")]
    assert os.stat(written(str(tmp_path), "key", b"x")).st_mode & 0o777 == 0o600


def test_a_certificate_that_does_not_fit_its_key_is_refused(kube: KubeService) -> None:
    other = Authority().client.private_key_pem.bytes()
    with pytest.raises(Rejected, match="do not fit together"):
        kube.server(**{**certificate(kube.authority), "client-key-data": encoded(other)})


def test_a_token_of_the_kubeconfig_is_sent(kube: KubeService) -> None:
    kube.server(token="the-static-token").ask(READ)
    assert kube.requests[0].headers["authorization"] == "Bearer the-static-token"
    assert kube.certified == [False]


@pytest.mark.parametrize(
    "user",
    [
        kubelogin(SERVER_APPLICATION),
        {"auth-provider": {"name": "azure", "config": {"apiserver-id": SERVER_APPLICATION}}},
    ],
    ids=["exec", "auth-provider"],
)
def test_managed_entra_gets_a_token_for_the_aks_server_application(kube: KubeService, user: dict[str, object]) -> None:
    asked: list[str] = []

    def token_for(application: str) -> str:
        asked.append(application)
        return "entra-token"

    access = read_kubeconfig(a_kubeconfig(kube.url, kube.authority.pem, **user), NAMES, token_for, "")
    ApiServer(access).ask(READ)
    assert asked == [SERVER_APPLICATION]
    assert kube.requests[0].headers["authorization"] == "Bearer entra-token"


@pytest.mark.parametrize("user", [kubelogin("0b1d3f5a-legacy"), {"exec": {"command": "other", "args": ["login"]}}])
def test_another_application_gets_no_token(kube: KubeService, user: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="legacy Entra integration"):
        kube.server(**user)


@pytest.mark.parametrize("server", ["https://evil.example.test:443", "http://127.0.0.1:80", "https://", ""])
def test_no_credential_goes_to_a_server_that_arm_does_not_name(server: str, cluster_authority: Authority) -> None:
    config = a_kubeconfig(server, cluster_authority.pem, **kubelogin(SERVER_APPLICATION))
    with pytest.raises(Rejected, match=r"ARM says 127\.0\.0\.1"):
        read_kubeconfig(config, NAMES, no_token, "")


def test_a_kubeconfig_without_a_ca_is_refused(cluster_authority: Authority) -> None:
    with pytest.raises(Rejected, match="no certificate authority"):
        read_kubeconfig(a_kubeconfig(f"https://{HOST}", b"", token="t"), NAMES, no_token, "")


@pytest.mark.parametrize("text", [b"token: [s3cr3t", b"just s3cr3t", b"", b"{contexts: [], current-context: s3cr3t}"])
def test_what_is_no_kubeconfig_is_refused_without_being_quoted(text: bytes) -> None:
    with pytest.raises(Rejected, match="cannot be understood") as caught:
        read_kubeconfig(text, NAMES, no_token, "")
    assert "s3cr3t" not in str(caught.value)


def test_a_user_without_any_credential_is_refused(cluster_authority: Authority) -> None:
    with pytest.raises(Rejected, match="neither a client certificate, nor a token"):
        read_kubeconfig(a_kubeconfig(f"https://{HOST}", cluster_authority.pem, username="u"), NAMES, no_token, "")


@pytest.mark.parametrize("token", ["t\u00f6ken", "one two", "one\ntwo", "one\ttwo"])
def test_a_token_that_no_header_can_carry_is_refused_without_being_quoted(
    cluster_authority: Authority, token: str
) -> None:
    with pytest.raises(Rejected, match="characters that no bearer token has") as caught:
        read_kubeconfig(a_kubeconfig(f"https://{HOST}", cluster_authority.pem, token=token), NAMES, no_token, "")
    assert token not in str(caught.value)


def test_a_server_of_another_ca_is_not_talked_to(kube: KubeService) -> None:
    config = a_kubeconfig(kube.url, Authority().pem, token="t")
    with pytest.raises(Rejected) as caught:
        ApiServer(read_kubeconfig(config, NAMES, no_token, "")).ask(READ)
    assert caught.value.code == "tls"
    assert kube.requests == []


def test_what_the_user_trusts_for_az_is_trusted_beside_the_cluster(kube: KubeService, tmp_path: Path) -> None:
    config = a_kubeconfig(kube.url, Authority().pem, token="t")
    bundle = kube.authority.bundle(tmp_path)
    ApiServer(read_kubeconfig(config, NAMES, no_token, bundle), bundle).ask(READ)
    assert len(kube.requests) == 1


def test_a_ca_bundle_that_is_not_there_is_said(kube: KubeService) -> None:
    with pytest.raises(Rejected, match="REQUESTS_CA_BUNDLE"):
        read_kubeconfig(a_kubeconfig(kube.url, kube.authority.pem, token="t"), NAMES, no_token, "/not/there.pem")


def test_a_certificate_for_another_host_is_not_accepted(kube: KubeService) -> None:
    url = kube.url.replace(HOST, "localhost")
    config = a_kubeconfig(url, kube.authority.pem, token="t")
    with pytest.raises(Rejected) as caught:
        ApiServer(read_kubeconfig(config, frozenset({"localhost"}), no_token, "")).ask(READ)
    assert caught.value.code == "tls"
    assert kube.requests == []


def test_old_tls_is_not_spoken(cluster_authority: Authority) -> None:
    access = read_kubeconfig(a_kubeconfig(f"https://{HOST}", cluster_authority.pem, token="t"), NAMES, no_token, "")
    assert access.tls.minimum_version == ssl.TLSVersion.TLSv1_2
    assert access.tls.check_hostname and access.tls.verify_mode == ssl.CERT_REQUIRED


def test_a_closed_connection_is_made_anew_once(kube: KubeService) -> None:
    kube.answers("GET", "/api", Reply(cut=True), Reply(200, {"kind": "X"}))
    assert kube.server().ask(READ).json == {"kind": "X"}
    kube.answers("GET", "/api", Reply(cut=True))
    with pytest.raises(Unavailable):
        kube.server().ask(READ)


def test_one_connection_carries_many_requests(kube: KubeService) -> None:
    server = kube.server()
    kube.answers("GET", "/api", Reply(200, {"kind": "X"}), Reply(404, a_status(404, "NotFound", "no")), Reply(200, {}))
    server.ask(READ)
    with pytest.raises(Missing):
        server.ask(READ)
    server.ask(READ)
    assert len(kube.requests) == 3 and len(kube.connections) == 1


def test_nobody_there_is_unavailable(cluster_authority: Authority) -> None:
    with serving(cluster_authority) as gone:
        server = gone.server()
    with pytest.raises(Unavailable, match="refused"):
        server.ask(READ)


def test_a_connection_that_breaks_within_tls_is_unavailable(cluster_authority: Authority) -> None:
    """So does a load balancer behind which no API server is ready."""

    class HangsUp(BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.connection.close()

    with listening(HangsUp, None) as port:
        config = a_kubeconfig(f"https://{HOST}:{port}", cluster_authority.pem, token="t")
        with pytest.raises(Unavailable):
            ApiServer(read_kubeconfig(config, NAMES, no_token, "")).ask(READ)


def test_a_retry_after_is_left_to_those_who_know(kube: KubeService) -> None:
    busy = Reply(429, a_status(429, "TooManyRequests", "busy"), {"Retry-After": "30"})
    kube.answers("GET", "/api", busy)
    with pytest.raises(Exception, match="busy") as caught:
        kube.server().ask(READ)
    assert getattr(caught.value, "retry_after", None) == 30.0
    assert len(kube.requests) == 1


def test_a_huge_answer_is_not_read_to_its_end(kube: KubeService) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "x" * MOST_BYTES}))
    with pytest.raises(Rejected, match="larger than 4 MB"):
        kube.server().ask(READ)


@pytest.mark.parametrize("body", ["<html>sign in</html>", None])
def test_what_is_not_json_is_refused(kube: KubeService, body: str | None) -> None:
    kube.answers("GET", "/api", Reply(200, body))
    with pytest.raises(Rejected, match="not a JSON object"):
        kube.server().ask(READ)


def test_the_proxy_of_the_environment_is_used(kube: KubeService, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    with a_proxy(asked) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@{HOST}:{port}")
        kube.server().ask(READ)
    credentials = base64.b64encode(b"me:p@ss").decode()
    assert asked == [(kube.url.removeprefix("https://"), f"Basic {credentials}")]


def test_no_proxy_takes_networks(kube: KubeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,127.0.0.0/8")
    kube.server().ask(READ)
    assert len(kube.requests) == 1


def test_a_socks_proxy_is_refused_by_name(kube: KubeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:1")
    with pytest.raises(Rejected, match="socks5") as caught:
        kube.server()
    assert "secret" not in str(caught.value)


def test_the_log_has_paths_and_no_token_and_no_body(kube: KubeService, caplog: pytest.LogCaptureFixture) -> None:
    kube.answers("PATCH", "/api", Reply(200, {"kind": "answered-body"}))
    with caplog.at_level(logging.DEBUG):
        kube.server(token="the-token").ask(
            Request("write something", "PATCH", "/api", body={"sent": "sent-body"}, content_type="application/json")
        )
    assert '"PATCH /api HTTP/1.1" 200' in caplog.text
    assert not [word for word in ("the-token", "sent-body", "answered-body") if word in caplog.text]


def test_a_client_certificate_of_another_cluster_opens_nothing(kube: KubeService) -> None:
    stranger = trustme.CA().issue_cert("other@example.test")
    server = kube.server(
        **{
            "client-certificate-data": encoded(stranger.cert_chain_pems[0].bytes()),
            "client-key-data": encoded(stranger.private_key_pem.bytes()),
        }
    )
    with pytest.raises((Rejected, Unavailable)):
        server.ask(READ)
    assert kube.requests == []
