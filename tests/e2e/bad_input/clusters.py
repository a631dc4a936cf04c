"""Clusters, identities and runs that a change cannot begin with."""

from __future__ import annotations

import os
from pathlib import Path

import portalocker

from emulator.worlds.spec import SUBSCRIPTION, Cluster
from tests.e2e.bad_input.case import BadInput, Prepare, Undo, enable
from tests.e2e.commands import DISABLE, ENABLE, REENCRYPT, SHOW
from tests.e2e.conftest import Station


def journal_of(station: Station) -> Path:
    folder = station.journal / f"{SUBSCRIPTION}_shop-rg_shop"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder


def lock_held(station: Station) -> Undo:
    """By this process, as by a second az."""
    file = (journal_of(station) / "lock").open("w")
    portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
    return file.close


def journal_holds(content: str) -> Prepare:
    def prepare(station: Station) -> None:
        (journal_of(station) / "20261123-144501-enable.jsonl").write_text(content)

    return prepare


def grants_gone(station: Station) -> None:
    """The cluster's identity had them when KMS was turned on."""
    world = station.emulation.world
    for assignment in world.rights.assignments_of(world.ids.principal("shop-id"), station.cluster().id):
        world.resources.remove(assignment.id)
    vault = world.keyvault.vault("shop-kv.vault.emulator.test")
    assert vault
    for assignment in list(world.rights.assignments_of(world.ids.principal("shop-id"), vault.id)):
        world.resources.remove(assignment.id)


def journal_is_a_file(station: Station) -> Undo:
    station.journal.write_text("not a folder")
    return station.journal.unlink


def api_server_away(station: Station) -> None:
    station.api_server().away = True


def no_folder_to_write(station: Station) -> Undo:
    folder = journal_of(station)
    (folder / "20261123-144501-enable.jsonl").mkdir()
    return lambda: os.rmdir(folder / "20261123-144501-enable.jsonl")


CASES = (
    BadInput(
        "a cluster that is not there",
        3,
        enable("-n", "nowhere"),
        "cluster-missing",
        expected="its name, its resource group or the subscription is another one",
        found="there is no cluster nowhere in the resource group shop-rg",
        remedy="az aks list",
    ),
    BadInput(
        "a resource group that is not there",
        3,
        enable("-g", "nowhere-rg"),
        "cluster-missing",
        expected="its name, its resource group or the subscription is another one",
        found="in the resource group nowhere-rg",
        remedy="az aks list",
    ),
    BadInput(
        "a stopped cluster",
        4,
        finding="cluster-stopped",
        expected="without an API server",
        found="shop is stopped",
        remedy="az aks start",
        overrides={"clusters": (Cluster(power="Stopped"),)},
    ),
    BadInput(
        "a stopped cluster, for a rewrite",
        4,
        REENCRYPT,
        "cluster-stopped",
        expected="without an API server",
        found="shop is stopped",
        remedy="az aks start",
        overrides={"clusters": (Cluster(power="Stopped"),)},
    ),
    BadInput(
        "a cluster whose last operation failed, looked at",
        4,
        SHOW,
        "cluster-failed",
        expected="an update without changes sends the cluster's settings again",
        found="ended Failed",
        remedy="az aks update",
        overrides={"clusters": (Cluster(state="Failed"),)},
    ),
    BadInput(
        "a cluster that somebody else is updating",
        4,
        finding="cluster-not-settled",
        expected="run this again when the other has ended",
        found="shop is Updating",
        remedy="az aks wait",
        overrides={"clusters": (Cluster(state="Updating"),)},
    ),
    BadInput(
        "a cluster with a system-assigned identity",
        4,
        finding="identity-kind",
        expected="KMS takes a user-assigned identity only",
        found="shop has a system-assigned identity",
        remedy="az aks kv kms enable",
        world="system-identity",
    ),
    BadInput(
        "an identity that is not there",
        3,
        enable("--identity", "nobody-id"),
        "identity-missing",
        expected="KMS acts as this identity",
        found="there is no identity nobody-id",
        remedy="az identity create",
    ),
    BadInput(
        "another identity than the one that KMS acts as",
        4,
        enable("--identity", "other-id"),
        "identity-differs",
        expected="not as other-id",
        found="acts as shop-id",
        world="kms-on",
        overrides={"identities": ("shop-id", "other-id")},
    ),
    BadInput(
        "an identity that has lost its rights on the vault",
        4,
        DISABLE,
        "grant-missing",
        expected="without Key Vault Crypto User the API servers cannot decrypt",
        found="shop-id has no role on shop-kv",
        remedy="az role assignment create",
        world="kms-on",
        prepare=grants_gone,
    ),
    BadInput(
        "an API server that cannot be reached",
        4,
        finding="api-server-unreachable",
        expected="secrets can neither be checked nor rewritten without it",
        found="does not answer",
        prepare=api_server_away,
    ),
    BadInput(
        "a second run at the same time",
        1,
        error="another command on this machine is changing shop",
        expected="wait for it to end",
        found="changing shop at this moment",
        remedy="",
        prepare=lock_held,
    ),
    BadInput(
        "no terminal and no --yes",
        2,
        ENABLE[:-1],
        error="there is no terminal to ask on",
        expected="the plan needs a yes",
        found="there is no terminal",
        remedy="--dry-run, then pass --yes",
    ),
    BadInput(
        "a journal of a newer version",
        1,
        error="was written by a newer version of akskv",
        expected="this one knows 1",
        found="in format 7",
        remedy="az extension update --name akskv",
        prepare=journal_holds('{"format": 7, "event": {}}\n'),
    ),
    BadInput(
        "a journal that is none",
        1,
        error="cannot understand the journal",
        expected="make that file or folder usable",
        found="20261123-144501-enable.jsonl",
        remedy="",
        prepare=journal_holds("\x1b[31mnonsense\n"),
    ),
    BadInput(
        "a journal that is none, listed",
        1,
        ("aks", "kv", "operation", "list", "-o", "json"),
        error="cannot understand the journal",
        expected="make that file or folder usable",
        found="a line has no event",
        remedy="",
        prepare=journal_holds("{}\n"),
    ),
    BadInput(
        "a journal that cannot be read",
        1,
        error="cannot read the journal",
        expected="make that file or folder usable",
        found="Is a directory",
        remedy="",
        prepare=no_folder_to_write,
    ),
    BadInput(
        "a journal folder that is a file",
        1,
        error="cannot use the journal folder",
        expected="make that file or folder usable",
        found="akskv",
        remedy="",
        prepare=journal_is_a_file,
    ),
    BadInput(
        "a run that is not in the journal",
        3,
        ("aks", "kv", "operation", "show", "--run", "20261123-144501-enable"),
        error="There is no such run in this machine's journal",
        expected="az aks kv operation list shows all of them",
        found="20261123-144501-enable",
        remedy="az aks kv operation list",
    ),
    BadInput(
        "--prepare-only for a cluster that is not there, and nothing to make a vault beside",
        3,
        enable("-n", "new", "--prepare-only", "--vault", "new-kv", "--identity", "new-id", "--create"),
        "cluster-missing",
        expected="a new vault or identity is made in the region and tenant of what is already there",
        found="neither the vault nor the identity is there",
        remedy="az identity create",
    ),
)
