"""The front: tunnels, the login, what clients are told, and what becomes of a connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.x509 import load_der_x509_certificate

from emulator.core.http import Answer, Call, Dropped
from emulator.core.tls import cluster_authority
from emulator.emulation import Time
from emulator.entra.metadata import ARM, CLOUD
from emulator.worlds.spec import SUBSCRIPTION, TENANT
from tests.emulator.conftest import Running, StockAz

GROUPS = f"{ARM}/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01"
VAULTS = f"{ARM}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults?api-version=2026-02-01"
Client = Callable[..., requests.Session]


def log_of(emulation: Any) -> list[tuple[str, str, int | None]]:
    return [(each["method"], each["url"], each["status"]) for each in emulation.world.log.document()]


def test_az_finds_itself_logged_in_as_its_own_login_would_leave_it(running: Running, az: StockAz) -> None:
    emulation = running()
    before = az(emulation, "account", "list").json
    registered = ["cloud", "register", "-n", "Other", "--endpoint-resource-manager", ARM]
    az(emulation, *registered, "--suffix-keyvault-dns", ".vault.emulator.test")
    clouds = {cloud["name"]: cloud for cloud in az(emulation, "cloud", "list").json}
    assert clouds[CLOUD]["endpoints"] == clouds["Other"]["endpoints"]
    assert clouds[CLOUD]["suffixes"] == clouds["Other"]["suffixes"]
    assert az(emulation, "login", "--identity").code == 0
    assert az(emulation, "account", "list").json == before


def test_az_reaches_arm_through_the_tunnel(running: Running, az: StockAz) -> None:
    emulation = running()
    assert "shop-rg" in [group["name"] for group in az(emulation, "group", "list").json]
    identity, groups = log_of(emulation)[-2:]
    assert "/msi/token?api-version=2019-08-01" in identity[1] and identity[2] == 200
    assert groups == ("GET", GROUPS, 200)


def test_a_host_outside_is_refused_and_logged(running: Running, client: Client) -> None:
    emulation = running()
    with pytest.raises(requests.exceptions.ProxyError, match="502"):
        client(emulation).get("https://example.com/")
    assert log_of(emulation) == [("CONNECT", "example.com:443", 502)]


def test_plain_http_is_refused_too(running: Running, client: Client) -> None:
    emulation = running()
    session = client(emulation)
    session.proxies = {"http": emulation.proxy_url}
    assert session.get("http://management.emulator.test/").status_code == 502
    assert log_of(emulation) == [("GET", "http://management.emulator.test/", 502)]


def test_a_host_that_azure_does_not_have_is_not_found(running: Running, client: Client) -> None:
    session = client(running())
    for url in ("https://storage.emulator.test/", f"https://login.emulator.test/{TENANT}/oauth2/token"):
        assert session.get(url).status_code == 404


def test_the_listeners_answer_without_the_proxy_as_well(running: Running, client: Client) -> None:
    emulation = running()
    session = client(emulation)
    session.proxies = {}
    url = emulation.endpoints["azure"] + "/metadata/endpoints?api-version=2022-09-01"
    assert session.get(url, headers={"Host": "management.emulator.test"}).json()["name"] == CLOUD


def test_the_cloud_describes_itself_as_an_object_or_as_a_list(running: Running, client: Client) -> None:
    session = client(running(), audience=None)
    url = f"{ARM}/metadata/endpoints?api-version="
    new, old = (session.get(url + version).json() for version in ("2022-09-01", "2019-05-01"))
    assert old == [new] and new["authentication"]["audiences"][0] == ARM


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "api-version=2019-08-01&resource=x", 401),
        ({"X-IDENTITY-HEADER": "guessed"}, "api-version=2019-08-01&resource=x", 401),
        (None, "api-version=2017-09-01&resource=x", 400),
        (None, "api-version=2019-08-01", 400),
        (None, "api-version=2019-08-01&resource=x&client_id=someone-else", 400),
        (None, "api-version=2019-08-01&resource=x", 200),
    ],
)
def test_identity_tokens_need_the_secret_header(
    running: Running, headers: dict[str, str] | None, query: str, status: int
) -> None:
    emulation = running()
    right = {"X-IDENTITY-HEADER": emulation.identity_header}
    answer = requests.get(f"{emulation.identity_url}?{query}", headers=right if headers is None else headers, timeout=5)
    assert answer.status_code == status
    if status == 200:
        claims = emulation.world.tokens.check(f"Bearer {answer.json()['access_token']}", ["x"])
        assert answer.json()["expires_on"] == str(claims["exp"])


def test_the_same_requests_get_the_same_answers_on_a_stepping_clock(running: Running, client: Client) -> None:
    def play() -> list[tuple[bytes, str | None]]:
        emulation = running(time=Time(datetime(2026, 1, 1, tzinfo=timezone.utc), step_seconds=1))
        session = client(emulation)
        answers = [session.get(url) for url in (GROUPS, VAULTS, GROUPS)]
        return [(answer.content, answer.headers["Date"]) for answer in answers]

    first = play()
    assert [date for _, date in first] == [f"Thu, 01 Jan 2026 00:00:0{second} GMT" for second in (1, 2, 3)]
    assert play() == first


def test_a_dropped_connection_is_reset_and_logged_without_a_status(running: Running, client: Client) -> None:
    emulation = running()
    emulation.exchange.find_site = lambda host, path: ("broken", _drop)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        requests.get(emulation.endpoints["plain"], timeout=5)
    with pytest.raises(requests.exceptions.ConnectionError):  # Python's TLS reports a reset as an end
        client(emulation).get(GROUPS)
    assert log_of(emulation)[1:] == [("GET", GROUPS, None)]


def _drop(call: Call) -> Answer:
    raise Dropped


def test_a_bug_of_the_emulator_is_a_500_and_never_forgotten(
    running: Running, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    emulation = running()
    emulation.exchange.find_site = lambda host, path: ("buggy", lambda call: Answer(1 // 0))
    assert client(emulation).get(GROUPS).status_code == 500
    assert "ZeroDivisionError" in capsys.readouterr().err
    verdict = emulation.verdict()
    assert not verdict["ok"] and "ZeroDivisionError" in verdict["failures"][0]
    emulation.exchange.failures.clear()


def test_a_client_certificate_reaches_the_service(running: Running, client: Client, tmp_path: Path) -> None:
    emulation = running()
    seen: list[bytes | None] = []
    emulation.exchange.find_site = lambda host, path: ("kubernetes", lambda call: _note(seen, call))
    url = "https://x.hcp.westeurope.emulator.test/version"
    issued = cluster_authority().client_certificate("masterclient", "system:masters")
    (tmp_path / "client.pem").write_bytes(issued.certificate + issued.key)
    assert client(emulation).get(url, cert=str(tmp_path / "client.pem")).status_code == 204
    assert client(emulation).get(url).status_code == 204
    assert seen[0] and load_der_x509_certificate(seen[0]).subject.rfc4514_string().startswith("CN=masterclient")
    assert seen[1] is None


def _note(seen: list[bytes | None], call: Call) -> Answer:
    seen.append(call.certificate)
    return Answer(204)
