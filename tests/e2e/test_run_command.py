"""`az aks kv reencrypt` for a cluster that is not reached: all goes through run-command, and no value comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from emulator.worlds import catalogue
from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import CALLER, SERVER_APP, Cluster, Delays, Grant, Kms, Secrets
from tests.e2e.conftest import Ended, Station
from tests.kubectl import needs_kubectl

pytestmark = needs_kubectl
MARKER = "correct-horse-battery"
REENCRYPT = ("aks", "kv", "reencrypt", "-g", "shop-rg", "-n", "shop", "--yes", "-o", "json")
SMALL = Cluster(secrets=Secrets(count=30), kms=Kms())
PRIVATE = replace(SMALL, private=True)
GRANTS = catalogue.load("kms-on").grants
READER = (Grant(CALLER, "Reader", "subscription"), *(each for each in GRANTS if each.principal != CALLER))


def start(station: Station, cluster: Cluster = PRIVATE, **overrides: Any) -> None:
    station.start("out-of-reach", clusters=(cluster,), **overrides)


def make_stale(station: Station) -> None:
    server = station.api_server()
    station.emulation.server.call(lambda: server.use_keys(None, server.slots[0]))


def invoked(station: Station) -> int:
    return sum("/runCommand" in each["url"] and each["method"] == "POST" for each in station.requests())


def found(ended: Ended, code: str) -> dict[str, Any]:
    return next(each for each in ended.json["findings"] if each["code"] == code)


def test_a_private_cluster_is_rewritten_from_inside_and_no_value_comes_out(station: Station) -> None:
    start(station)
    make_stale(station)
    answered: list[bytes] = []
    commands = station.emulation.world.commands
    done = station.az(*REENCRYPT, "--debug")
    answered += [each.running.output for each in commands.values() if each.running]
    journal = "".join(path.read_text() for path in station.journal.rglob("*.jsonl"))
    assert done.code == 0, done.output
    assert "cannot be reached from here (the proxy does not reach it); going through run-command" in done.output
    row, _ = json.JSONDecoder().raw_decode(done.output, done.output.index("\n{\n") + 1)
    secrets = row["secrets"]
    assert (secrets["total"], secrets["rewritten"], secrets["refused"]) == (30, 30, [])
    assert not station.stale() and station.stored_under() == {"plain"}
    assert 2 <= invoked(station) <= 4 and len(answered) == invoked(station)
    assert MARKER not in done.output + journal and not any(MARKER.encode() in each for each in answered)


def test_the_callers_token_decides_and_is_written_nowhere(station: Station) -> None:
    admin = Grant(CALLER, "Azure Kubernetes Service RBAC Cluster Admin", "subscription")
    cluster = replace(PRIVATE, entra=True, azure_rbac=True, local_accounts=False)
    start(station, cluster, grants=(*GRANTS, admin))
    issued: list[str] = []
    tokens = station.emulation.world.tokens
    issue = tokens.issue

    def kept(principal: str, audience: str, **more: Any) -> tuple[str, int]:
        made = issue(principal, audience, **more)
        issued.extend([made[0]] if SERVER_APP in audience else [])
        return made

    tokens.issue = kept  # type: ignore[method-assign]
    done = station.az(*REENCRYPT, "--debug")
    assert done.code == 0, done.output
    journal = "".join(path.read_text() for path in station.journal.rglob("*.jsonl"))
    assert issued and not any(token in done.output + journal for token in issued)
    start(station, cluster)
    refused = station.az(*REENCRYPT)
    gap = found(refused, "secret-unreadable")
    assert (refused.code, gap["state"]) == (5, "unknown") and "to list secrets in every namespace" in gap["text"]


@pytest.mark.parametrize(
    ("cluster", "overrides", "code", "command", "words"),
    [
        (replace(PRIVATE, run_command=False), {}, "run-command-off", "--enable-run-command", "turned off"),
        (
            replace(PRIVATE, room_for_pods=False),
            {"delays": Delays(pod=0.2)},
            "run-command-fails",
            "az aks nodepool list",
            "no node took",
        ),
        (
            replace(PRIVATE, admission=(AdmissionRule("denied: {name}", ("aks-command",), (), ("CREATE",), "pods"),)),
            {},
            "run-command-fails",
            "az policy assignment list",
            "denied: command-",
        ),
        (
            replace(PRIVATE, command_memory=1 << 20),
            {},
            "run-command-fails",
            "az aks command invoke",
            "137",
        ),
        (
            PRIVATE,
            {"grants": READER},
            "run-command-rights",
            "az role assignment list",
            "managedClusters/runcommand/action",
        ),
    ],
)
def test_what_stands_in_the_way_is_named_with_a_command(
    station: Station, cluster: Cluster, overrides: dict[str, Any], code: str, command: str, words: str
) -> None:
    start(station, cluster, **overrides)
    refused = station.az(*REENCRYPT, "--via", "run-command")
    finding = found(refused, code)
    assert refused.code == 4 and finding["state"] == "error", refused.output
    assert command in finding["command"] and words in finding["text"]
    assert refused.json["status"] == "refused" and not refused.json["steps"]


def test_a_dry_run_looks_from_inside_and_rewrites_nothing(station: Station) -> None:
    start(station)
    make_stale(station)
    before = station.api_server().registry.storage.revision
    done = station.az(*REENCRYPT, "--dry-run", "--via", "run-command")
    assert done.code == 0 and invoked(station) == 1, done.output
    assert (
        "by kubectl in a pod of the cluster" in done.output and station.api_server().registry.storage.revision == before
    )


def test_direct_never_goes_inside(station: Station) -> None:
    start(station)
    refused = station.az(*REENCRYPT, "--via", "direct")
    assert refused.code == 4 and not invoked(station) and found(refused, "api-server-unreachable")["state"] == "error"


def test_killed_while_the_command_runs_it_is_done_the_second_time(station: Station) -> None:
    start(station)
    make_stale(station)
    seventh = {"site": "kubernetes", "method": "PATCH", "nth": 7, "hold": "after"}
    killed = station.az_killed_at(seventh, *REENCRYPT)
    assert killed.code < 0
    done = station.az(*REENCRYPT)
    assert done.code == 0, done.output
    assert done.json["secrets"]["total"] == 30 and not station.stale()
