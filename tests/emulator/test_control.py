"""The control URL: each of its verbs, seen from outside."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from emulator.core.exchange import Site
from emulator.core.http import Answer, Call
from emulator.emulation import Emulation
from emulator.entra.metadata import ARM
from emulator.kubernetes.kinds import NAMESPACES, SECRETS
from emulator.providers.containerservice import clusters
from emulator.worlds import catalogue
from emulator.worlds.spec import SUBSCRIPTION, Delays
from tests.emulator.conftest import Running

GROUPS = f"{ARM}/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01"
LIMIT_SECONDS = 5.0
Client = Callable[..., requests.Session]


class Control:
    """The control URL of an emulation."""

    def __init__(self, emulation: Emulation) -> None:
        self.url = emulation.control_url

    def __call__(self, method: str, name: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/{name}", json=body, timeout=LIMIT_SECONDS)
        assert answer.ok, answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json else answer.content


@pytest.fixture
def emulation(running: Running) -> Emulation:
    return running()


@pytest.fixture
def control(emulation: Emulation) -> Control:
    return Control(emulation)


@pytest.fixture
def session(emulation: Emulation, client: Client) -> requests.Session:
    return client(emulation)


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not look():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


class Asking(threading.Thread):
    """A request on its way; `status` is None when the connection broke."""

    def __init__(self, session: requests.Session) -> None:
        super().__init__(daemon=True)
        self._session = session
        self.status: int | None = None
        self.start()

    def run(self) -> None:
        try:
            self.status = self._session.get(GROUPS).status_code
        except requests.exceptions.ConnectionError:
            self.status = None


@pytest.fixture
def performed(emulation: Emulation) -> Iterator[list[str]]:
    """The paths of the requests that a stand-in for ARM has performed."""
    paths: list[str] = []

    def site(call: Call) -> Answer:
        paths.append(call.path)
        return Answer(204)

    real = emulation.exchange.find_site

    def find_site(host: str, path: str) -> tuple[str, Site]:
        return ("arm", site) if host.startswith("management") else real(host, path)

    emulation.exchange.find_site = find_site
    yield paths


def test_the_secret_is_needed(control: Control) -> None:
    assert requests.get(control.url[:-1] + "/requests", timeout=LIMIT_SECONDS).status_code == 404
    assert requests.get(control.url + "/nonsense", timeout=LIMIT_SECONDS).status_code == 404


def test_requests_lists_every_request_until_cleared(control: Control, session: requests.Session) -> None:
    session.get(GROUPS)
    session.get(GROUPS.replace("resourcegroups", "nothing"))
    first, second = control("GET", "requests")
    assert first == {"method": "GET", "url": GROUPS, "status": 200, "site": "arm"}
    assert (second["status"], second["url"]) == (404, GROUPS.replace("resourcegroups", "nothing"))
    control("DELETE", "requests")
    assert control("GET", "requests") == []


def test_a_fault_answers_in_the_services_place(control: Control, session: requests.Session) -> None:
    fault = {"site": "arm", "method": "get", "path": "resourceGroups\\?", "count": 2, "status": 429}
    control("POST", "faults", {**fault, "body": {"error": {"code": "Slow"}}, "headers": {"Retry-After": "7"}})
    answers = [session.get(GROUPS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].json() == {"error": {"code": "Slow"}} and answers[0].headers["Retry-After"] == "7"
    assert [(each["matched"], each["fired"]) for each in control("GET", "faults")] == [(3, 2)]


def test_a_fault_strikes_the_nth_matching_request_only(control: Control, session: requests.Session) -> None:
    control("POST", "faults", {"path": "resourcegroups", "nth": 2, "status": 500})
    control("POST", "faults", {"site": "keyvault", "status": 501})
    control("POST", "faults", {"method": "PUT", "status": 502})
    assert [session.get(GROUPS).status_code for _ in range(4)] == [200, 500, 200, 200]


def test_a_lost_answer_was_performed(control: Control, session: requests.Session, performed: list[str]) -> None:
    control("POST", "faults", {"lose": True, "count": 1})
    with pytest.raises(requests.ConnectionError):
        session.get(GROUPS)
    assert len(performed) == 1


def test_a_reset_breaks_the_connection(control: Control, session: requests.Session, performed: list[str]) -> None:
    control("POST", "faults", {"reset": True, "count": 1})
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(GROUPS)
    assert performed == [] and control("GET", "requests")[0]["status"] is None
    assert session.get(GROUPS).status_code == 204


def test_a_delay_holds_up_one_request_and_no_other(control: Control, client: Client, emulation: Emulation) -> None:
    control("POST", "faults", {"delay": 0.4, "count": 1})
    began = time.monotonic()
    slow = Asking(client(emulation))
    until(lambda: bool(control("GET", "faults")[0]["fired"]))
    assert client(emulation).get(GROUPS).status_code == 200 and time.monotonic() - began < 0.4
    slow.join(LIMIT_SECONDS)
    assert slow.status == 200 and time.monotonic() - began >= 0.4


@pytest.mark.parametrize(("hold", "performed_meanwhile"), [("before", 0), ("after", 1)])
def test_a_held_request_is_answered_when_the_faults_are_cleared(
    control: Control, session: requests.Session, performed: list[str], hold: str, performed_meanwhile: int
) -> None:
    control("POST", "faults", {"hold": hold})
    asking = Asking(session)
    until(lambda: bool(control("GET", "faults")[0]["held"] == 1))
    assert len(performed) == performed_meanwhile and control("GET", "requests")[0]["status"] is None
    control("DELETE", "faults")
    asking.join(LIMIT_SECONDS)
    assert asking.status == 204 and len(performed) == 1
    assert control("GET", "faults") == []


def test_a_request_held_before_is_lost_with_its_client(
    control: Control, session: requests.Session, performed: list[str]
) -> None:
    control("POST", "faults", {"hold": "before"})
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(GROUPS, timeout=0.2)
    session.close()
    until(lambda: bool(control("GET", "faults")[0]["held"] == 1))
    time.sleep(0.05)
    control("DELETE", "faults")
    assert session.get(GROUPS).status_code == 204
    assert len(performed) == 1


def test_what_is_held_at_the_end_is_broken_off(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    with Emulation(catalogue.load("public-rbac")) as emulation:
        control = Control(emulation)
        control("POST", "faults", {"path": "resourcegroups?(", "hold": "after"})
        control("POST", "faults", {"path": "resourcegroups?", "hold": "after"})
        asking = Asking(client(emulation))
        until(lambda: [fault["held"] for fault in control("GET", "faults")] == [0, 1])
    asking.join(LIMIT_SECONDS)
    assert not asking.is_alive() and asking.status is None
    assert capfd.readouterr().err == ""


def test_a_request_that_does_not_come_whole_is_not_performed(
    control: Control, emulation: Emulation, performed: list[str]
) -> None:
    with socket.create_connection(("127.0.0.1", emulation.server.ports["plain"])) as raw:
        raw.sendall(b"PUT /half HTTP/1.1\r\nHost: management.emulator.test\r\nContent-Length: 10\r\n\r\nhalf")
    assert control("GET", "requests") == [] and performed == []


@pytest.mark.parametrize("body", [[], {}, {"statsu": 500}, {"hold": "sideways"}, {"path": "x"}, {"status": "500"}])
def test_what_is_no_fault_is_refused(control: Control, body: Any) -> None:
    assert requests.post(f"{control.url}/faults", json=body, timeout=LIMIT_SECONDS).status_code == 400


def test_the_clock_is_read_moved_and_set(control: Control, emulation: Emulation, session: requests.Session) -> None:
    assert control("POST", "clock", {"set": "2031-05-06T07:08:09Z"})["now"].startswith("2031-05-06T07:08:09")
    assert control("POST", "clock", {"advance": 86400})["now"].startswith("2031-05-07T07:08:09")
    assert control("GET", "clock")["now"].startswith("2031-05-07T07:08")
    assert session.get(GROUPS).status_code == 401  # the token was made out years ago


def test_a_reset_builds_a_new_world(control: Control, emulation: Emulation, session: requests.Session) -> None:
    before = emulation.world
    control("POST", "faults", {"status": 500})
    assert session.get(GROUPS).status_code == 500
    assert control("POST", "reset") == {"world": "public-rbac"}
    assert session.get(GROUPS).status_code == 200  # tokens are still good
    assert emulation.world is not before and len(control("GET", "requests")) == 1
    assert control("POST", "reset", {"world": "kms-on"}) == {"world": "kms-on"}
    assert emulation.world.spec.clusters[0].kms
    assert requests.post(f"{control.url}/reset", json={"world": "none"}, timeout=LIMIT_SECONDS).status_code == 400


def test_a_reset_may_leave_few_secrets(control: Control, emulation: Emulation) -> None:
    assert control("POST", "reset", {"world": "kms-on", "secrets": 5}) == {"world": "kms-on"}
    storage = emulation.world.kubernetes.server(clusters.cluster_id("shop-rg", "shop")).registry.storage
    counts = [len(list(storage.range(kind.prefix(None), "", storage.revision))) for kind in (SECRETS, NAMESPACES)]
    assert counts == [5, 5 + len({"kube-node-lease", "kube-public"})]


@pytest.mark.parametrize("count", [-1, "5", 2.5, True, None])
def test_a_reset_to_no_number_of_secrets_is_refused(control: Control, count: Any) -> None:
    answer = requests.post(f"{control.url}/reset", json={"secrets": count}, timeout=LIMIT_SECONDS)
    assert answer.status_code == 400


def test_the_oracle_names_each_secret_and_the_request_that_lost_it(running: Running, client: Client) -> None:
    running.may_trip = True
    emulation = running("kms-on", delays=Delays(update=0))
    control = Control(emulation)
    assert control("GET", "oracle") == {"ok": True, "violations": [], "failures": []}
    [vault] = [vault.name for vault in emulation.world.spec.vaults]
    session = client(emulation, audience="https://vault.emulator.test")
    url = f"https://{vault}.vault.emulator.test/keys/etcd?api-version=7.4"
    assert session.delete(url).status_code == 200
    verdict = control("GET", "oracle")
    assert not verdict["ok"] and len(verdict["violations"]) == emulation.world.spec.clusters[0].secrets.count
    assert verdict["violations"][0]["request"] == f"DELETE https://{vault}.vault.emulator.test/keys/etcd"


def test_the_wire_tap_sees_both_directions_of_the_api_server_only(
    control: Control, emulation: Emulation, client: Client
) -> None:
    host = emulation.world.kubernetes.host_of(clusters.cluster_id("shop-rg", "shop"))
    seen = f"https://{host}/version?seen"
    session = client(emulation)
    session.get(seen)
    assert control("GET", "wire") == b""
    control("POST", "wire")
    session.get(seen)
    session.get(GROUPS)
    asked, _, answered = control("GET", "wire").partition(b"\r\n\r\n")
    assert asked.startswith(b"GET /version?seen HTTP/1.1\r\n") and answered.startswith(b"HTTP/1.1 ")
    assert b"resourcegroups" not in answered
    control("DELETE", "wire")
    assert control("GET", "wire") == b""
    session.get(seen)
    assert b"/version?seen" in control("GET", "wire")
