"""The stand-in for an Arc-enabled cluster behaves as its ports promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, OperationFailed, Rejected
from azext_akskv.model.kube import SecretRef
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.extension import extension_id, new_extension, settings_of
from azext_akskv.model.secret_store.manifests import Copied, Setup, change_of, differences, manifests_of
from azext_akskv.model.secret_store.seen import SecretRow
from azext_akskv.model.secret_store.standing import Standing
from azext_akskv.model.secret_store.statuses import Meaning, meaning_of
from azext_akskv.ports import StorePorts
from azext_akskv.read_only import WriteRefused, read_only
from tests.builders import SUBSCRIPTION, TENANT
from tests.fake_edge import EDGE
from tests.fake_secret_store import EdgeWorld
from tests.unit.gateways.signed_in import Statuses

STORE = extension_id(EDGE, "ssarcextension")
WATCH = Statuses()
MADE = {
    each.ref.kind: each
    for each in manifests_of(Setup("shop", "one", "account", "kv1", TENANT, "client", (Copied("db", history=2),)))
}
SYNC = MADE[Kind.SYNC].ref


@pytest.fixture
def world(tmp_path: Path) -> EdgeWorld:
    return EdgeWorld(tmp_path)


@pytest.fixture
def ports(world: EdgeWorld) -> StorePorts:
    return world.store_ports()


@pytest.fixture
def installed(ports: StorePorts) -> StorePorts:
    ports.extensions.create(STORE, new_extension({}), WATCH)
    for manifest in MADE.values():
        ports.store.create(manifest)
    return ports


def standing(ports: StorePorts, kind: Kind) -> Standing:
    found = ports.store.standing([MADE[kind].ref])[MADE[kind].ref].get()
    assert found
    return found


def test_what_is_installed_can_be_used(installed: StorePorts) -> None:
    assert installed.extensions.get(STORE).installed and [each.id for each in installed.extensions.of(EDGE)] == [STORE]
    seen = installed.store.look("shop")
    [sync] = seen.syncs.get()
    assert [meaning_of(each.reason) for each in sync.conditions] == [Meaning.CREATED] and sync.last_success
    row = seen.secret("shop", "db").get()
    assert row and (row.entries, row.labelled, row.version) == (2, True, "")
    assert all(differences(each, standing(installed, kind).essence) == () for kind, each in MADE.items())
    assert installed.store.claims("shop", "account", "x").audiences == ("x",)
    assert installed.connected.all(SUBSCRIPTION) == [installed.connected.get(EDGE)]


def test_without_the_extension_there_are_no_such_kinds(ports: StorePorts) -> None:
    ports.store.create(MADE[Kind.ACCOUNT])
    with pytest.raises(Missing):
        ports.store.create(MADE[Kind.CLASS])
    for ask in (lambda: ports.extensions.get(STORE), lambda: ports.store.claims("shop", "other", "x")):
        with pytest.raises(Missing):
            ask()


def test_an_installation_may_fail_and_stay(world: EdgeWorld, ports: StorePorts) -> None:
    world.edge.extension_ends_as = "Failed"
    with pytest.raises(OperationFailed):
        ports.extensions.create(STORE, new_extension({}), WATCH)
    assert ports.extensions.get(STORE).state == "Failed" and not world.edge.runs


def test_settings_are_added(installed: StorePorts) -> None:
    installed.extensions.change(installed.extensions.get(STORE), {"jitterSeconds": "7"}, WATCH)
    assert settings_of(installed.extensions.get(STORE)).jitter == 7


def test_versions_and_uids_are_minded(installed: StorePorts) -> None:
    one = standing(installed, Kind.CLASS)
    installed.store.change(one.ref, change_of(MADE[Kind.CLASS], one.raw))
    with pytest.raises(Conflict):
        installed.store.change(one.ref, change_of(MADE[Kind.CLASS], one.raw))
    installed.store.delete(one)
    installed.store.create(MADE[Kind.CLASS])
    with pytest.raises(Conflict):
        installed.store.delete(one)
    with pytest.raises(Conflict):
        installed.store.create(MADE[Kind.CLASS])


@pytest.mark.parametrize("kept", [True, False])
def test_a_secret_goes_with_its_sync_unless_it_is_kept(installed: StorePorts, kept: bool) -> None:
    installed.store.delete(standing(installed, Kind.SYNC), kept)
    assert (installed.store.secret("shop", "db") is not None) is kept


def test_a_secret_of_somebody_else_is_in_the_way_until_it_is_deleted(world: EdgeWorld, installed: StorePorts) -> None:
    world.edge.hold("shop", "db", labelled=False)
    installed.store.force(SYNC, "again")
    [sync] = installed.store.look().syncs.get()
    assert meaning_of(sync.conditions[0].reason) is Meaning.LABEL
    seen = installed.store.secret("shop", "db")
    assert seen
    with pytest.raises(Conflict):
        installed.store.delete_secret(replace(seen, version="1"))
    installed.store.delete_secret(seen)
    installed.store.delete_secret(seen)
    installed.store.force(SYNC, "once more")
    assert installed.store.secret("shop", "db")


def test_what_a_test_says_comes_first(world: EdgeWorld, installed: StorePorts) -> None:
    world.edge.parts["nodes"] = Observed.unknown("not allowed")
    world.edge.sync_fails["db"] = ("UpdateFailedProviderError", "no way")
    installed.store.force(SYNC, "again")
    seen = installed.store.look()
    assert not seen.nodes.known and seen.syncs.get()[0].conditions[0].message == "no way"


def test_another_cluster_takes_no_write(world: EdgeWorld, installed: StorePorts) -> None:
    assert world.edge.identity
    world.edge.identity = replace(world.edge.identity, name="other")
    with pytest.raises(Rejected, match="OtherCluster"):
        installed.store.force(SYNC, "again")


def test_rights_are_refused_by_name(world: EdgeWorld, ports: StorePorts) -> None:
    world.edge.refused_rights.add("create serviceaccounts")
    right = MADE[Kind.ACCOUNT].ref.right("create")
    assert ports.store.may([right])[right].get() is False
    with pytest.raises(Denied):
        ports.store.create(MADE[Kind.ACCOUNT])


WRITES: dict[str, Callable[[StorePorts], object]] = {
    "install": lambda ports: ports.extensions.create(extension_id(EDGE, "other"), new_extension({}), WATCH),
    "settings": lambda ports: ports.extensions.change(ports.extensions.get(STORE), {}, WATCH),
    "remove": lambda ports: ports.extensions.delete(STORE, WATCH),
    "create": lambda ports: ports.store.create(_renamed(MADE[Kind.ACCOUNT])),
    "change": lambda ports: ports.store.change(
        MADE[Kind.CLASS].ref, change_of(MADE[Kind.CLASS], standing(ports, Kind.CLASS).raw)
    ),
    "force": lambda ports: ports.store.force(SYNC, "now"),
    "delete": lambda ports: ports.store.delete(standing(ports, Kind.SYNC)),
    "secret": lambda ports: ports.store.delete_secret(ports.store.secret("shop", "db") or SecretRow("", "")),
    "a usual one": lambda ports: ports.secrets.touch(SecretRef("team-0", "secret-000")),
}


def _renamed(manifest: Manifest) -> Manifest:
    return replace(manifest, ref=replace(manifest.ref, name="another"))


@pytest.mark.parametrize("what", WRITES)
def test_looking_changes_nothing(world: EdgeWorld, installed: StorePorts, what: str) -> None:
    before = sum(world.writes.values())
    with pytest.raises(WriteRefused):
        WRITES[what](read_only(installed))
    assert sum(world.writes.values()) == before
    WRITES[what](installed)
    assert sum(world.writes.values()) == before + 1
