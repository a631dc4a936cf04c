"""How often a service is asked, how long it may take, and that the user is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ServiceResponseTimeoutError
from azure.mgmt.keyvault import KeyVaultManagementClient

from azext_akskv.failures import GatewayError, Missing, Throttled, Unavailable
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.login import InTime
from azext_akskv.gateways.retries import LONGEST_PAUSE, TRIES, Retries, SdkRetries
from azext_akskv.gateways.vaults import ArmVaults
from azext_akskv.model.kube import SecretRef
from tests.unit.gateways.conftest import (
    SUBSCRIPTION,
    ClientsOfService,
    Reply,
    Service,
    SomebodySignedIn,
    a_vault,
)
from tests.unit.gateways.kube.kube_service import SECRETS, Authority, KubeService, a_table, serving

VAULT = a_vault("kv1.vault.azure.net").id
PATH = str(VAULT)
NOT_NOW = Reply(503, {"error": {"code": "ServiceUnavailable", "message": "not now"}})


@dataclass
class Patient:
    """What was slept and told."""

    slept: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def retries(self, answer_timeout: float = 60.0) -> Retries:
        return Retries(self.slept.append, self.told.append, 1.0, answer_timeout)


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def vaults(clients: ClientsOfService, patient: Patient) -> ArmVaults:
    clients._settings["retry_policy"] = SdkRetries(patient.retries())
    return ArmVaults(clients, 0.01)  # type: ignore[arg-type]  # a stand-in


def throttled(seconds: str = "") -> Reply:
    body = {"error": {"code": "TooManyRequests", "message": "slowly"}}
    return Reply(429, body, {"Retry-After": seconds} if seconds else {})


FOUND = Reply(200, {"id": PATH, "location": "westeurope", "properties": {"vaultUri": "https://kv1.vault.azure.net/"}})


@pytest.mark.parametrize("trouble", [NOT_NOW, throttled(), Reply(502, "<html>"), Reply(cut=True)])
def test_arm_is_asked_three_times(service: Service, vaults: ArmVaults, patient: Patient, trouble: Reply) -> None:
    service.answers("GET", PATH, trouble, trouble, FOUND)
    vaults.get(VAULT)
    assert len(service.requests) == 3 and patient.slept == [1.0, 2.0]
    assert [told.rpartition("; ")[2] for told in patient.told] == [
        "asking again in 1 s (2 of 3)",
        "asking again in 2 s (3 of 3)",
    ]
    assert all(service.host in told for told in patient.told)


def test_and_not_more_often(service: Service, vaults: ArmVaults) -> None:
    service.answers("GET", PATH, NOT_NOW)
    with pytest.raises(Unavailable):
        vaults.get(VAULT)
    assert len(service.requests) == TRIES


def test_arm_is_given_the_time_that_it_asks_for(service: Service, vaults: ArmVaults, patient: Patient) -> None:
    service.answers("GET", PATH, throttled("17"), FOUND)
    vaults.get(VAULT)
    assert patient.slept == [17.0] and "answered 429; asking again in 17 s" in patient.told[0]


def test_who_asks_for_too_much_time_ends_the_command(service: Service, vaults: ArmVaults, patient: Patient) -> None:
    service.answers("GET", PATH, throttled("3600"), FOUND)
    with pytest.raises(Throttled) as caught:
        vaults.get(VAULT)
    assert caught.value.retry_after == 3600 > LONGEST_PAUSE and patient.slept == []


def test_a_post_is_asked_again_like_a_get(service: Service, clients: ClientsOfService) -> None:
    """The kubeconfig is read by POST."""
    where = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/checkNameAvailability"
    service.answers("POST", where, Reply(502, ""), Reply(200, {"nameAvailable": True}))
    client: KeyVaultManagementClient = clients.vaults(SUBSCRIPTION)
    client.vaults.check_name_availability({"name": "kv1", "type": "Microsoft.KeyVault/vaults"})
    assert len(service.made("POST")) == 2


@pytest.fixture
def secrets(cluster_authority: Authority, monkeypatch: pytest.MonkeyPatch, patient: Patient) -> Any:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(cluster_authority) as kube:
        yield kube, KubeSecrets(kube.server, patient.retries())


@pytest.fixture(scope="session")
def cluster_authority() -> Authority:
    return Authority()


def test_an_api_server_is_asked_three_times(secrets: tuple[KubeService, KubeSecrets], patient: Patient) -> None:
    kube, port = secrets
    kube.answers("GET", SECRETS, Reply(503), throttled("4"), Reply(200, a_table("a")))
    assert port.page("team-a").secrets == (SecretRef("team-a", "a"),)
    assert patient.slept == [1.0, 4.0]
    assert patient.told[0] == "list the secrets of team-a: HTTP 503; asking again in 1 s (2 of 3)"


def test_an_api_server_that_is_not_ready_is_asked_until_it_means_it(
    secrets: tuple[KubeService, KubeSecrets],
) -> None:
    kube, port = secrets
    kube.answers("GET", "/readyz", Reply(503, "not ok"), Reply(200, "ok"))
    assert port.ready()
    kube.answers("GET", "/readyz", Reply(503, "not ok"))
    assert not port.ready()


def test_a_touch_is_left_to_who_waits_outside_of_the_threads(
    secrets: tuple[KubeService, KubeSecrets], patient: Patient
) -> None:
    kube, port = secrets
    kube.answers("PATCH", f"{SECRETS}/a", Reply(503))
    with pytest.raises(Unavailable):
        port.touch(SecretRef("team-a", "a"))
    assert len(kube.requests) == 1 and patient.slept == []


@pytest.mark.parametrize("error", [Missing("read it", "NotFound"), GatewayError("read it")])
def test_a_plain_no_is_taken_as_it_is(error: GatewayError, patient: Patient) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(type(error)):
        patient.retries().insist(ask)
    assert patient.slept == []


class SlowLogin:
    """A credential whose service never answers."""

    def __init__(self) -> None:
        self.never = threading.Event()

    def get_token(self, *_scopes: str) -> Any:
        self.never.wait(30)


def test_a_login_that_gets_no_answer_ends_in_time() -> None:
    slow = SlowLogin()
    with pytest.raises(ServiceResponseTimeoutError, match=r"az's login got no answer in 0\.05 s"):
        InTime(slow, 0.05).get_token("scope")
    slow.never.set()


def test_a_login_whose_connection_breaks_is_asked_again(
    service: Service, vaults: ArmVaults, clients: ClientsOfService
) -> None:
    service.answers("GET", PATH, FOUND)
    clients.credential = InTime(Broken(), 5)  # type: ignore[assignment]
    vaults.get(VAULT)


class Broken(SomebodySignedIn):
    """The first connection of this login breaks."""

    def get_token_info(self, *scopes: str, **_options: Any) -> AccessTokenInfo:
        token = self.get_token(*scopes)
        if len(self.asked_for) == 1:
            raise ConnectionResetError("broken")
        return AccessTokenInfo(token.token, token.expires_on)


def test_what_a_login_says_comes_through() -> None:
    class Login:
        def get_token(self, scope: str) -> str:
            if scope == "bad":
                raise KeyError(scope)
            return f"token for {scope}"

    assert InTime(Login(), 5).get_token("good") == "token for good"
    with pytest.raises(KeyError):
        InTime(Login(), 5).get_token("bad")
