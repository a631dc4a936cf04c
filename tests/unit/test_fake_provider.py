"""The fakes of what the secrets provider works with keep its rules; nothing changes through ports that only look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, Rejected
from azext_akskv.gateways.operations import Unwatched
from azext_akskv.model.addon import AddonSetting, addon_of, has_setting
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.governance import Permission
from azext_akskv.model.reading import May, PolicyLacking, Wish, may_read
from azext_akskv.model.vault import parse_vault
from azext_akskv.model.vault_object import ObjectType, VaultObject
from azext_akskv.ports import Ports
from azext_akskv.read_only import WriteRefused, read_only
from tests.builders import IDENTITY, NOW, PRINCIPAL, SUBSCRIPTION, TARGET, VAULT, a_vault, an_identity, vault_json
from tests.fake_provider import ADDON_CLIENT, a_scale_set
from tests.fakes import FakeWorld, fake_ports

SECRET, KEY, CERT = ObjectType
WATCH, SCALE_SET = Unwatched(), a_scale_set()
CREDENTIAL = FederatedCredential("web", "https://issuer.test/", "s")
GET = PolicyLacking("secrets", frozenset({"get"}))


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    world = FakeWorld(tmp_path, vault=vault_json(rbac=False))
    world.scale_sets[SCALE_SET.id] = SCALE_SET
    return world


@pytest.fixture
def ports(world: FakeWorld) -> Ports:
    return fake_ports(world)


def test_an_addon_has_its_identity_when_the_update_has_ended(world: FakeWorld, ports: Ports) -> None:
    seen = ports.clusters.get(TARGET)
    ports.clusters.set_secrets_provider(seen, AddonSetting(True, "5m"), {"akskv-run": "run1"}, WATCH)
    cluster = ports.clusters.get(TARGET)
    addon = addon_of(cluster)
    assert has_setting(addon, AddonSetting(True, "5m")) and cluster.tags["akskv-run"] == "run1"
    [scale_set] = ports.scale_sets.of(cluster)
    assert scale_set.with_client_id(ADDON_CLIENT) and addon.identity and scale_set.has(addon.identity.resource_id)
    with pytest.raises(Conflict):
        ports.clusters.set_secrets_provider(seen, AddonSetting(), {}, WATCH)


def test_an_update_that_ends_badly_makes_no_identity(world: FakeWorld, ports: Ports) -> None:
    world.ends_as = "Failed"
    with pytest.raises(Exception, match="InternalOperationError"):
        ports.clusters.set_secrets_provider(ports.clusters.get(TARGET), AddonSetting(), {}, WATCH)
    assert addon_of(ports.clusters.get(TARGET)).identity is None and not world.scale_sets[SCALE_SET.id].identities


def test_an_identity_is_given_once(world: FakeWorld, ports: Ports) -> None:
    for _ in range(2):
        ports.scale_sets.assign(SCALE_SET, IDENTITY, WATCH)
        assert [each.id for each in world.scale_sets[SCALE_SET.id].identities] == [IDENTITY]
    with pytest.raises(Missing):
        ports.scale_sets.assign(SCALE_SET, replace(IDENTITY, names=("none",)), WATCH)


def test_a_scale_set_of_another_group_is_not_the_clusters(world: FakeWorld, ports: Ports) -> None:
    other = a_scale_set("nodepool1", "MC_other")
    world.scale_sets[other.id] = other
    assert ports.scale_sets.of(ports.clusters.get(TARGET)) == [SCALE_SET]


def test_an_issuer_and_a_subject_are_trusted_once(ports: Ports) -> None:
    assert ports.identities.all(SUBSCRIPTION) == [an_identity()]
    ports.identities.federate(IDENTITY, CREDENTIAL)
    ports.identities.federate(IDENTITY, CREDENTIAL)
    assert ports.identities.federated(IDENTITY) == [CREDENTIAL]
    with pytest.raises(Rejected):
        ports.identities.federate(IDENTITY, replace(CREDENTIAL, name="other"))


def test_a_permission_that_is_added_lets_read(ports: Ports) -> None:
    vault = ports.vaults.get(VAULT)
    ports.vaults.allow_reading(vault, PRINCIPAL, GET)
    assert may_read(ports.vaults.get(VAULT), None, PRINCIPAL, Wish(SECRET)).may is May.YES


def test_things_in_a_vault(world: FakeWorld, ports: Ports) -> None:
    vault = parse_vault(a_vault().raw, NOW)
    old = VaultObject(SECRET, "Db", enabled=True, version="1", created=NOW)
    world.hold(vault, old, replace(old, version="2", created=NOW + timedelta(1), enabled=False))
    world.binned_objects[(vault.host, SECRET)] = {"gone"}
    world.objects_closed[CERT] = "closed"
    [listed] = ports.objects.all(vault, SECRET)
    assert (listed.version, listed.enabled) == (None, False) and ports.objects.all(vault, KEY) == []
    assert [each.version for each in ports.objects.versions(vault, SECRET, "db")] == ["2", "1"]
    assert ports.objects.versions(vault, SECRET, "gone") == () and ports.objects.deleted(vault, SECRET) == {"gone"}
    for ask in (ports.objects.all, ports.objects.deleted):
        with pytest.raises(Denied):
            ask(vault, CERT)


def test_a_role_of_somebodys_own(world: FakeWorld, ports: Ports) -> None:
    world.definitions["own"] = (Permission(("*",)),)
    assert ports.roles.data_actions(VAULT, ["own", "other"]) == world.definitions


WRITES: dict[str, Callable[[Ports], object]] = {
    "add-on": lambda ports: ports.clusters.set_secrets_provider(ports.clusters.get(TARGET), AddonSetting(), {}, WATCH),
    "scale set": lambda ports: ports.scale_sets.assign(SCALE_SET, IDENTITY, WATCH),
    "credential": lambda ports: ports.identities.federate(IDENTITY, CREDENTIAL),
    "policy": lambda ports: ports.vaults.allow_reading(ports.vaults.get(VAULT), PRINCIPAL, GET),
}


@pytest.mark.parametrize("what", WRITES)
def test_looking_changes_nothing(world: FakeWorld, ports: Ports, what: str) -> None:
    with pytest.raises(WriteRefused):
        WRITES[what](read_only(ports))
    assert not world.writes
    WRITES[what](ports)
    assert sum(world.writes.values()) == 1
