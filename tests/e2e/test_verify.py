"""`secrets-provider verify` with the real az: it waits, and explains as `diagnose` does; nothing is changed."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator

import pytest

from tests.e2e.commands import CLUSTER, JSON
from tests.e2e.conftest import Ended, Station
from tests.e2e.test_diagnose import changes, codes
from tests.e2e.test_diagnose_followed import LONGEST_PAUSE
from tests.kubectl import needs_kubectl

VERIFY = ("aks", "kv", "secrets-provider", "verify", *CLUSTER, *JSON)
DIAGNOSE = ("aks", "kv", "diagnose", *CLUSTER, "--category", "provider", "--namespace", "default", *JSON)
OWN = {"mount-unready", "class-unused"}
STATES = {
    "sp-driver-tainted": "not-mounted",
    "sp-forbidden-connection": "not-mounted",
    "sp-forbidden-rbac": "not-mounted",
    "sp-publish-secret-missing": "not-mounted",
    "sp-spc-not-found": "not-mounted",
    "sp-sync-forbidden": "secret-missing",
    "sp-sync-object-mismatch": "secret-missing",
}
SLOWLY = "0.02"
"""The wait factor with which a wait takes a few seconds."""


@pytest.fixture
def slowly(station: Station) -> Iterator[Station]:
    station.settings["AZURE_AKSKV_WAIT_FACTOR"] = SLOWLY
    yield station
    del station.settings["AZURE_AKSKV_WAIT_FACTOR"]


def verified(station: Station, *more: str) -> Ended:
    ended = station.az(*VERIFY, *more)
    assert changes(station) == [] and "Traceback" not in ended.output, ended.output
    return ended


@pytest.mark.parametrize("world", ["sp-good", "sp-rotation-off"])
def test_what_is_mounted_is_well(station: Station, world: str) -> None:
    station.start(world)
    ended = verified(station)
    assert (ended.code, codes(ended, "error"), codes(ended, "unknown")) == (0, set(), set()), ended.output
    [mount] = ended.json["mounts"]
    assert (mount["mounted"], mount["state"], mount["class"]) == (True, "mounted", "shop-kv")
    [one] = mount["objects"]
    assert (one["type"], one["name"]) == ("secret", "db-pass") and len(one["version"]) == 32
    assert not [each for each in station.requests() if each["url"].endswith("/log")]


@pytest.mark.parametrize("world", STATES)
def test_what_is_not_is_explained_as_diagnose_does_it(station: Station, world: str) -> None:
    station.start(world)
    ended = verified(station)
    assert ended.code == 4 and "mount-unready" in codes(ended, "error"), ended.output
    assert [each["state"] for each in ended.json["mounts"]] == [STATES[world]]
    said = station.az(*DIAGNOSE)
    for state in ("error", "unknown", "warning"):
        assert codes(ended, state) - OWN == codes(said, state), (ended.output, said.output)
    commands = {each["command"] for each in said.json["findings"] if each["state"] == "error"}
    assert commands <= {each["command"] for each in ended.json["findings"]}


def test_a_failure_ends_the_wait_once_it_has_come_again(slowly: Station) -> None:
    emulation = slowly.start("sp-spc-not-found")
    slowly.begin(*VERIFY)
    until_looked(slowly)
    emulation.server.call(lambda: emulation.world.clock.advance(LONGEST_PAUSE))
    ended = slowly.end()
    assert ended.code == 4 and "tried again and failed the same way" in ended.output, ended.output
    assert ended.json["seconds"] < 300 * float(SLOWLY) and changes(slowly) == []


def test_what_mends_meanwhile_is_waited_for(slowly: Station) -> None:
    """The remedy is run, and the driver's next try is minutes away."""
    emulation = slowly.start("sp-forbidden-rbac")
    found = {each["code"]: each["command"] for each in slowly.az(*DIAGNOSE).json["findings"]}
    assert slowly.az(*shlex.split(found["class-grant"])[1:]).code == 0
    emulation.server.call(emulation.world.log.clear)
    slowly.begin(*VERIFY)
    until_looked(slowly)
    emulation.server.call(lambda: emulation.world.clock.advance(5 * LONGEST_PAUSE))
    ended = slowly.end()
    assert (ended.code, [each["state"] for each in ended.json["mounts"]]) == (0, ["mounted"]), ended.output
    assert "the last try failed: the identity has no role on the vault" in ended.output
    assert changes(slowly) == []


def until_looked(station: Station, times: int = 2) -> None:
    """Until az has asked for what is mounted so often."""
    deadline = time.monotonic() + 30
    while sum("secretproviderclasspodstatuses" in each["url"] for each in station.requests()) < times:
        assert time.monotonic() < deadline, "it does not look"
        time.sleep(0.02)


@needs_kubectl
@pytest.mark.parametrize(("world", "code"), [("sp-good", 0), ("sp-sync-forbidden", 4)])
def test_through_run_command_it_sees_the_same(station: Station, world: str, code: int) -> None:
    station.start(world)
    ended = verified(station, "--via", "run-command", "--timeout", "0")
    assert (ended.code, [each["state"] for each in ended.json["mounts"]]) == (code, [STATES.get(world, "mounted")])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--namespace", "team-a"), "class-absent"),
        (("--class-name", "other"), "class-absent"),
        (("--namespace", "default", "--class-name", "shop-kv"), ""),
    ],
)
def test_a_namespace_and_a_class_alone(station: Station, options: tuple[str, ...], code: str) -> None:
    station.start("sp-good")
    ended = verified(station, *options)
    assert (ended.code, codes(ended, "error")) == ((4, {code}) if code else (0, set())), ended.output


def test_in_an_empty_cluster_it_says_what_comes_next(station: Station) -> None:
    station.start("sp-none")
    ended = verified(station)
    [told] = ended.json["findings"]
    assert (ended.code, told["code"], ended.json["mounts"]) == (4, "class-absent", [])
    assert shlex.split(told["command"])[:5] == ["az", "aks", "kv", "secrets-provider", "generate"]


def test_a_cluster_that_is_not_there_is_said_to_be_missing(station: Station) -> None:
    station.start("sp-good")
    ended = verified(station, "-n", "shap")
    assert (ended.code, codes(ended, "error")) == (3, {"cluster-missing"}), ended.output


def test_the_table_has_a_line_a_mount(station: Station) -> None:
    station.start("sp-good")
    ended = station.az(*VERIFY[:-2], "-o", "table")
    assert ended.code == 0 and ended.output.splitlines()[-1].split()[:3] == ["default", "web", "shop-kv"], ended.output
