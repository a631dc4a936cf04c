"""What is looked at before a pod can read, and what is left alone because nothing needs it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.checks.declare import PROVISION
from azext_akskv.failures import Denied
from azext_akskv.flows.drive import look
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.worker import Mode, Worker
from azext_akskv.model.provision import namespace_of, subject_wanted, types_of
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault_object import VaultObject
from azext_akskv.observe.take import Lookout, take_snapshot
from azext_akskv.read_only import read_only
from tests.builders import NOW, TARGET, VAULT, a_vault, vault_json
from tests.fake_provider import ADDON_CLIENT
from tests.fakes import FakeWorld, fake_ports
from tests.provision_worlds import (
    AS_ACCOUNT,
    AS_READER,
    CERT,
    ENABLING,
    GRANTING,
    ISSUER,
    KEY,
    READER,
    SECRET,
    a_world,
    asking,
    named,
)


def looked(world: FakeWorld, wanted: Wanted) -> Snapshot:
    return look(wanted, world.world(), (PROVISION,))


def test_as_whom_a_pod_shall_read(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    workers = {"the add-on": GRANTING, "another": AS_READER, "an account": AS_ACCOUNT}
    found = {name: looked(world, wanted).provision.get() for name, wanted in workers.items()}
    assert {name: each and each.worker for name, each in found.items()} == {
        "the add-on": Worker(Mode.NODE, ADDON_CLIENT),
        "another": Worker(Mode.NODE, "client of reader"),
        "an account": Worker(Mode.WORKLOAD, "client of reader"),
    }
    assert namespace_of(GRANTING) == "default" and subject_wanted(AS_ACCOUNT) == "system:serviceaccount:shop:web"


def test_everything_of_a_type_is_what_is_enabled_and_stands_for_itself(tmp_path: Path) -> None:
    """The key and the secret behind a certificate do not, whether their list tells it or not."""
    world = a_world(tmp_path)
    world.hold(a_vault(), VaultObject(SECRET, "behind", enabled=True, version="v1", created=NOW, managed=True))
    wanted = dataclasses.replace(GRANTING, all_of=(SECRET, CERT))
    found = looked(world, wanted).provision.get()
    assert found and [(each.type, each.name) for each in found.objects] == [(SECRET, "db-pass"), (CERT, "web-tls")]
    assert types_of(asking(GRANTING, *named("a", of=CERT), *named("b"))) == (SECRET, CERT)


def test_only_what_is_missing_is_looked_for_among_what_is_deleted(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    looked(world, asking(GRANTING, *named("db-pass")))
    assert not world.calls["objects.deleted"] and not world.calls["objects.versions"]
    found = looked(world, asking(GRANTING, *named("gone", of=KEY), *named("db-pass", version="v1"))).provision.get()
    assert found and set(found.deleted) == {KEY} and set(found.versions) == {(SECRET, "db-pass")}


def test_enable_asks_nothing_of_vaults_and_a_service_account_nothing_of_nodes(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    seen = looked(world, ENABLING)
    assert not seen.vault.known and not [call for call in world.calls if call.startswith(("vaults.", "objects."))]
    assert world.calls["mounts.look"] == 1 and not world.calls["mounts.logs"]
    world.calls.clear()
    account = looked(world, AS_ACCOUNT).provision.get()
    assert account and not account.scale_sets.known and not world.calls["scale_sets.of"]
    assert not world.calls["mounts.look"]


def test_what_cannot_be_read_is_unknown_by_itself(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.federations[READER] = [FederatedCredential("theirs", ISSUER, "s")]
    refusal = Denied("read", "AuthorizationFailed", "no")
    for call, part in (("identities.get", "identity"), ("roles.of", "readings"), ("identities.federated", "federated")):
        world.faults = {call: [refusal]}
        found = looked(world, AS_ACCOUNT).provision.get()
        seen = getattr(found, part)
        assert found and not seen.known and "the right that is needed" in seen.gap
        assert found.addon.enabled and found.issuer.url == ISSUER


def test_an_identity_of_the_profile_without_its_resource_is_unknown(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert world.cluster
    del world.cluster["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]["resourceId"]
    found = looked(world, GRANTING).provision.get()
    assert found and "does not tell which resource" in (found.identity.gap or "")


@pytest.mark.parametrize("by_id", [False, True])
def test_a_vault_is_found_in_every_subscription_that_is_signed_in_to(by_id: bool, tmp_path: Path) -> None:
    world = a_world(tmp_path)
    elsewhere = ResourceId("other", "rg", VAULT.type, ("kv9",))
    raw = vault_json()
    raw["id"] = str(elsewhere)
    world.vaults[elsewhere] = raw
    ports = read_only(fake_ports(world))
    lookout = Lookout(
        ports, TARGET, world.reporter, vault=False, secrets=False, governance=False, provision=True,
        subscriptions=(TARGET.subscription, "other"),
    )  # fmt: skip
    wanted = dataclasses.replace(GRANTING, vault=elsewhere if by_id else "kv9")
    found = take_snapshot(wanted, lookout).vault.get()
    assert found and found.id == elsewhere
