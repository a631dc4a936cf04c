"""Following only what `diagnose` and `verify` print: each command is run as it stands, and then the pod has its
secrets."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from emulator import environment
from tests.e2e import stored
from tests.e2e.commands import CLUSTER, JSON
from tests.e2e.conftest import Ended, Station
from tests.e2e.test_diagnose import BY_A_PERSON, CAUSES, DIAGNOSE
from tests.kubectl import needs_kubectl

VERIFY = ("aks", "kv", "secrets-provider", "verify", *CLUSTER, *JSON)
BY_AZ = {
    "sp-client-without-fic": "aad-client-without-fic",
    "sp-fic-issuer": "aad-issuer-mismatch",
    "sp-fic-subject": "aad-subject-mismatch",
    "sp-forbidden-connection": "forbidden-connection",
    "sp-forbidden-firewall": "forbidden-firewall",
    "sp-forbidden-policy": "forbidden-policy",
    "sp-forbidden-rbac": "forbidden-rbac",
    "sp-identity-lost": "identity-not-found",
    "sp-object-disabled": "object-disabled",
    "sp-spc-not-found": "spc-not-found",
    "sp-tenant-mismatch": "tenant-mismatch",
}
"""Worlds whose remedy is a command of az, by the cause that prints it."""
BY_KUBECTL = {
    "sp-dns-nxdomain": "dns-nxdomain",
    "sp-identity-not-found": "identity-not-found",
    "sp-multiple-identities": "multiple-identities",
    "sp-nmi-absent": "nmi-absent",
    "sp-object-not-found": "object-not-found",
    "sp-spc-identity-modes": "spc-identity-modes",
    "sp-spc-parameter-missing": "spc-parameter-missing",
    "sp-sync-object-mismatch": "sync-object-mismatch",
    "sp-wrong-object-type": "wrong-object-type",
}
"""Those whose remedy changes the SecretProviderClass."""
UNMENDED = {
    "sp-provider-unreachable": "a restart helps until the memory is gone again: the log of the run before is offered",
    "sp-throttled": "the vault of this world takes less than one mount needs; real ones take thousands",
}
"""Those in which what is offered does not help for good, and why."""
ASKING = ("fix-privatelink", "generate")
"""Commands that ask before they change something."""
LONGEST_PAUSE = 130
"""Of the kubelet between two tries, in seconds. [SRC]"""
MOST_ROUNDS = 2
"""Commands one after the other: after the first, `verify` says what is still in the way."""


def test_each_world_is_followed_or_said_to_need_a_person() -> None:
    assert sorted((*BY_AZ, *BY_KUBECTL, *BY_A_PERSON, *UNMENDED)) == sorted(CAUSES)


@pytest.mark.parametrize("world", BY_AZ)
def test_what_is_printed_is_run_and_the_pod_mounts(station: Station, world: str) -> None:
    follow(station, world, BY_AZ[world])


@needs_kubectl
@pytest.mark.parametrize("world", BY_KUBECTL)
def test_what_is_printed_changes_the_class_and_the_pod_mounts(station: Station, world: str) -> None:
    follow(station, world, BY_KUBECTL[world])


def follow(station: Station, world: str, cause: str) -> None:
    emulation = station.start(world)
    said = station.az(*DIAGNOSE)
    for _ in range(MOST_ROUNDS):
        [command] = {each["command"] for each in said.json["findings"] if each["code"] == cause}
        run(station, command)
        emulation.server.call(lambda: emulation.world.clock.advance(5 * LONGEST_PAUSE))
        said = station.az(*VERIFY)
        if said.code == 0:
            break
    assert_well(said)


def assert_well(ended: Ended) -> None:
    assert ended.code == 0 and {each["state"] for each in ended.json["mounts"]} == {"mounted"}, ended.output
    assert {each["state"] for each in ended.json["findings"]} <= {"warning"}, ended.output


def run(station: Station, command: str) -> None:
    for line in command.split(" && "):
        program, *arguments = shlex.split(line)
        if program == "kubectl":
            kubectl(station, arguments)
            continue
        more = ("--yes",) if any(each in arguments for each in ASKING) else ()
        done = station.az(*arguments, *more)
        assert (program, done.code) == ("az", 0), done.output


def kubectl(station: Station, arguments: list[str]) -> None:
    path = station.folder / "kubeconfig"
    path.write_text(stored.api_server_of(station.emulation, "shop").kubeconfig("admin"))
    own = {"HOME": str(station.folder), "KUBECONFIG": str(path), "HTTPS_PROXY": station.emulation.proxy_url}
    done = subprocess.run(
        ["kubectl", *arguments], env=environment.complete(own), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
