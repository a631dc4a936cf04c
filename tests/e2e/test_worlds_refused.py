"""Worlds in which a change of KMS would do harm or cannot be: the real az says so, and changes nothing."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from emulator.worlds.spec import Cluster, Secrets
from tests.e2e.commands import DISABLE, ENABLE, REENCRYPT, SHOW, finding, found
from tests.e2e.conftest import Ended, Station


def refused(station: Station, command: tuple[str, ...], *codes: str) -> Ended:
    """Exit code 4 with these findings of state error and no others, and no changing request."""
    station.emulation.world.log.clear()
    ended = station.az(*command)
    assert ended.code == 4, ended.output
    assert ended.json["status"] == "refused" and found(ended) == set(codes), ended.output
    assert station.changes() == [] and "Nothing was changed." in ended.output
    return ended


def shown(station: Station, *codes: str) -> Ended:
    """`kms show` with these findings of state error and no others, and the exit code that they make."""
    ended = station.az(*SHOW)
    assert (ended.code, found(ended)) == (4 if codes else 0, set(codes)), ended.output
    return ended


def repaired_by(station: Station, ended: Ended, code: str) -> None:
    """The remedy of a finding, pasted: stock az carries it out."""
    done = station.az(*shlex.split(finding(ended, code)["command"])[1:], "-o", "none")
    assert done.code == 0, done.output


def test_private_no_vnet(station: Station) -> None:
    station.start("private-no-vnet", secrets=4)
    assert shown(station).json["experience"] == "never"
    ended = refused(station, ENABLE, "vnet-integration")
    assert "cannot be undone" in finding(ended, "vnet-integration")["why"]
    refused(station, (*ENABLE, "--network-access", "Public"), "vault-unreachable")


def test_selected_networks(station: Station) -> None:
    station.start("selected-networks", secrets=4)
    shown(station)
    for mode in ((), ("--network-access", "Public"), ("--network-access", "Private")):
        codes = ("vault-unreachable", "vnet-integration") if "Private" in mode else ("vault-unreachable",)
        ended = refused(station, (*ENABLE, *mode), *codes)
    repaired_by(station, ended, "vault-unreachable")
    done = station.az(*ENABLE)
    assert done.code == 0 and done.json["secrets"]["proved"] is True, done.output


@pytest.mark.parametrize(("world", "experience"), [("modern-platform", 0), ("modern-customer", 1)])
def test_the_new_experience_is_recognised_and_left_alone(station: Station, world: str, experience: int) -> None:
    station.start(world, secrets=4)
    before = station.cluster().body
    seen = shown(station).json
    assert seen["experience"] == ("platform-managed", "customer-managed")[experience]
    assert (seen["key"] or {}).get("name") == (None, "etcd")[experience] and seen["rewriteOwed"] is False
    for command in (ENABLE, DISABLE, REENCRYPT):
        refused(station, command, "not-legacy")
    assert station.cluster().body == before


def test_writes_fail(station: Station) -> None:
    """The key expired: it cannot be turned off either, because that would have to write; prolonged, all works again."""
    emulation = station.start("writes-fail", secrets=4)
    seen = shown(station, "key-unusable", "api-server-unreachable")
    assert "it expired on" in finding(seen, "key-unusable")["text"]
    refused(station, DISABLE, "key-unusable", "api-server-unreachable")
    refused(station, ENABLE, "key-unusable", "api-server-unreachable")
    refused(station, REENCRYPT, "api-server-unreachable")
    repaired_by(station, seen, "key-unusable")
    emulation.server.call(lambda: emulation.world.clock.advance(60))
    shown(station)
    done = station.az(*REENCRYPT)
    assert done.code == 0 and done.json["secrets"]["proved"] is True, done.output
    assert emulation.verdict()["ok"]


def test_server_down(station: Station) -> None:
    emulation = station.start("server-down", secrets=4)
    seen = shown(station, "key-unusable", "api-server-unreachable")
    assert "it is disabled" in finding(seen, "key-unusable")["text"] and seen.json["key"]["enabled"] is False
    for command in (DISABLE, ENABLE):
        refused(station, command, "key-unusable", "api-server-unreachable")
    repaired_by(station, seen, "key-unusable")
    emulation.server.call(lambda: emulation.world.clock.advance(60))
    assert shown(station).json["key"]["enabled"] is True and emulation.verdict()["ok"]


def test_unreadable_value(station: Station) -> None:
    """Each change of KMS would restart the API servers, for the last time; a rewrite passes the value by."""
    emulation = station.start("unreadable-value", secrets=4)
    lost = [one.split("/", 2)[2] for one in emulation.world.kubernetes.unreadable()]
    seen = shown(station, "secret-unreadable")
    assert len(lost) == 1 and lost[0] in finding(seen, "secret-unreadable")["text"]
    refused(station, DISABLE, "secret-unreadable")
    overruled = station.az(*DISABLE, "--accept", "secret-unreadable")
    assert overruled.code == 2 and "cannot be overruled" in overruled.output and station.changes() == []
    rewritten = station.az(*REENCRYPT)
    assert rewritten.code == 1, rewritten.output
    secrets = rewritten.json["secrets"]
    assert [f"{each['namespace']}/{each['name']}" for each in secrets["refused"]] == lost
    assert (secrets["total"], secrets["current"], secrets["proved"]) == (4, 3, False)
    assert "no secret became unreadable by this" in rewritten.output
    assert emulation.verdict()["ok"] and station.api_server().synced


def test_more_secrets_than_kms_v1_holds(station: Station) -> None:
    world = Cluster(kubernetes_version="1.26.12", secrets=Secrets(count=2001))
    station.start("legacy-v1", clusters=(world,))
    ended = refused(station, ENABLE, "v1-secret-limit")
    assert "2,001" in finding(ended, "v1-secret-limit")["text"]
    fewer = replace(world, secrets=Secrets(count=2000))
    station.start("legacy-v1", clusters=(fewer,))
    rehearsed = station.az(*ENABLE, "--dry-run")
    assert (rehearsed.code, rehearsed.json["status"]) == (0, "dry-run"), rehearsed.output
