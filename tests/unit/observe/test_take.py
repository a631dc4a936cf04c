"""What a snapshot finds under the names that a user gives, and what it says about what it could not look at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from azext_akskv.checks.declare import CATEGORIES, CLUSTER, SECRETS
from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.drive import look
from azext_akskv.model.ids import KeyId, identity_id, vault_id
from azext_akskv.model.snapshot import Snapshot, Wanted
from tests.builders import (
    GROUP,
    HOST,
    IDENTITY,
    KEY,
    NOW,
    OTHER_KEY,
    SUBSCRIPTION,
    VAULT,
    a_key,
    an_identity,
    cluster_json,
    vault_json,
)
from tests.fakes import FakeWorld
from tests.flows import worlds

DENIED = Denied("read", "AuthorizationFailed", "The client does not have authorization\nCorrelation: 7")


def take(world: FakeWorld, wanted: Wanted, categories: tuple[str, ...] = CATEGORIES) -> Snapshot:
    return look(wanted, world.world(), categories)


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("enable", vault="kv1", key="etcd"),
        Wanted("enable", vault=VAULT, key=KEY),
        Wanted("enable", key=KEY),
        Wanted("enable", key=KeyId(HOST, "etcd")),
        Wanted("enable", vault="kv1", key="etcd", identity="id1"),
        Wanted("enable", vault="kv1", key="etcd", identity=IDENTITY),
    ],
)
def test_vault_key_and_identity_by_name_and_by_id(world: FakeWorld, wanted: Wanted) -> None:
    seen = take(world, wanted)
    assert seen.vault.get() and seen.vault.get().id == VAULT
    assert seen.key.get() == a_key() and seen.identity.get() == an_identity()
    assert seen.secrets.get().count == 9 and seen.switch.get() is None and seen.api_server.get()


def test_a_name_means_the_newest_enabled_version(world: FakeWorld) -> None:
    world.keys[(HOST, "etcd")].append(a_key(OTHER_KEY, created=NOW.replace(hour=15)))
    wanted = Wanted("enable", vault="kv1", key="etcd")
    assert take(world, wanted).key.get() == a_key(OTHER_KEY, created=NOW.replace(hour=15))
    world.keys[(HOST, "etcd")][1] = a_key(OTHER_KEY, created=NOW.replace(hour=15), enabled=False)
    assert take(world, wanted).key.get() == a_key()
    world.keys[(HOST, "etcd")][0] = a_key(enabled=False)
    newest = take(world, wanted).key.get()
    assert newest and newest.id == OTHER_KEY and newest.kind == "RSA"  # so that the reason can be told


def test_a_version_that_is_named_is_that_version(world: FakeWorld) -> None:
    world.keys[(HOST, "etcd")].append(a_key(OTHER_KEY))
    assert take(world, Wanted("enable", key=KEY)).key.get() == a_key()
    assert take(world, Wanted("enable", key=replace(KEY, version="0"))).key.get() is None


def test_kms_that_is_on_brings_its_own_vault_and_key(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    newer = a_key(OTHER_KEY, created=NOW.replace(hour=15))
    world.keys[(HOST, "etcd")].append(newer)
    seen = take(world, Wanted("show"))
    assert (seen.vault.get().id, seen.key.get(), seen.key_in_use.get(), seen.newest.get()) == (
        VAULT,
        a_key(),
        a_key(),
        newer,
    )
    assert len(seen.grants.get()) == 1


def test_the_vault_of_a_private_cluster_may_be_in_another_subscription(tmp_path: Path) -> None:
    elsewhere = vault_id("other-subscription", "rg9", "kv1")
    cluster = cluster_json(kms=KEY, private=True)
    cluster["properties"]["securityProfile"]["azureKeyVaultKms"]["keyVaultResourceId"] = str(elsewhere)
    world = FakeWorld(tmp_path, cluster=cluster)
    world.vaults = {elsewhere: vault_json(public="Disabled") | {"id": str(elsewhere)}}
    assert take(world, Wanted("show")).vault.get().id == elsewhere


def test_the_key_in_use_may_be_in_another_vault_than_the_one_named(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    other = vault_id(SUBSCRIPTION, GROUP, "kv2")
    made = vault_json() | {"id": str(other)}
    made["properties"] = {**made["properties"], "vaultUri": "https://kv2.vault.azure.net/"}
    world.vaults[other] = made
    fresh = a_key(KeyId("kv2.vault.azure.net", "fresh", "1"))
    world.keys[("kv2.vault.azure.net", "fresh")] = [fresh]
    seen = take(world, Wanted("enable", vault="kv2", key="fresh"))
    assert (seen.key.get(), seen.key_in_use.get(), seen.newest.get()) == (fresh, a_key(), None)
    assert take(world, Wanted("enable", vault="kv2")).key.get() is None  # nothing names a key of that vault


def test_what_is_not_there_is_none_and_looked_for_among_the_deleted(world: FakeWorld) -> None:
    world.deleted |= {"kv9", "gone"}
    seen = take(world, Wanted("enable", vault="kv9", key="etcd", identity="nobody"))
    assert (seen.vault.get(), seen.key.get(), seen.identity.get(), seen.grants.get()) == (None, None, None, ())
    assert seen.vault_soft_deleted.get() is True
    assert take(world, Wanted("enable", vault="kv1", key="gone")).key_soft_deleted.get() is True
    assert take(world, Wanted("enable", vault="kv1", key="never")).key_soft_deleted.get() is False
    by_id = take(world, Wanted("enable", vault=vault_id(SUBSCRIPTION, GROUP, "kv9"), key="etcd"))
    assert by_id.vault_soft_deleted.get() is True
    by_key = take(world, Wanted("enable", key=KeyId("kv9.vault.azure.net", "etcd", "1")))
    assert by_key.vault.get() is None and by_key.vault_soft_deleted.get() is True


def test_a_missing_cluster_ends_the_look(world: FakeWorld) -> None:
    world.cluster = None
    seen = take(world, Wanted("enable", vault="kv1", key="etcd"))
    assert seen.cluster.get() is None and not seen.vault.known and not seen.secrets.known


def test_before_there_is_a_cluster_the_rest_is_looked_at_with_the_vaults_time(world: FakeWorld) -> None:
    world.cluster = None
    seen = take(world, Wanted("enable", vault="kv1", key="etcd", identity="id1", prepare_only=True))
    assert seen.key.get() == a_key() and seen.taken_at == NOW and not seen.secrets.known


@pytest.mark.parametrize(
    ("call", "section", "right"),
    [
        ("clusters.get", "cluster", "Microsoft.ContainerService/managedClusters/read"),
        ("vaults.find", "vault", "Microsoft.KeyVault/vaults/read"),
        ("keys.versions", "key", "Microsoft.KeyVault/vaults/keys/read"),
        ("roles.of", "grants", "Microsoft.Authorization/roleAssignments/read"),
        ("secrets.page", "secrets", "list secrets"),
        ("secrets.switch", "switch", "leases.coordination.k8s.io"),
    ],
)
def test_a_refused_read_is_unknown_and_names_the_right(world: FakeWorld, call: str, section: str, right: str) -> None:
    world.faults[call] = [DENIED]
    gap = getattr(take(world, Wanted("enable", vault="kv1", key="etcd")), section).gap
    assert gap and right in gap and "(AuthorizationFailed) The client does not have authorization" in gap
    assert "Correlation" not in gap


def test_a_read_that_fails_otherwise_is_unknown_and_says_why(world: FakeWorld) -> None:
    world.faults["vaults.find"] = [Unavailable("read", "InternalServerError", "try later")]
    seen = take(world, Wanted("enable", vault="kv1", key="etcd"))
    assert seen.vault.gap == "cannot read the vault: (InternalServerError) try later"
    assert seen.key.gap == seen.vault.gap and seen.grants.gap == seen.vault.gap


def test_the_cluster_itself_tells_the_principal_of_an_identity_that_may_not_be_read(world: FakeWorld) -> None:
    world.faults["identities.get"] = [DENIED]
    identity = take(world, Wanted("enable", vault="kv1", key="etcd")).identity.get()
    assert identity and (identity.id, identity.principal_id) == (IDENTITY, an_identity().principal_id)
    world.faults["identities.get"] = [DENIED]
    named = Wanted("enable", vault="kv1", key="etcd", identity=identity_id(SUBSCRIPTION, GROUP, "id2"))
    assert not take(world, named).identity.known


def test_a_stopped_or_absent_api_server_is_not_asked_for_secrets(world: FakeWorld) -> None:
    world.api_server_away = True
    seen = take(world, Wanted("enable", vault="kv1", key="etcd"))
    assert seen.api_server.get() is False and not seen.secrets.known and not seen.switch.known
    assert world.cluster
    world.cluster["properties"]["powerState"]["code"] = "Stopped"
    assert not take(world, Wanted("enable", vault="kv1", key="etcd")).api_server.known


def test_only_what_a_commands_checks_need_is_looked_at(world: FakeWorld) -> None:
    seen = take(world, Wanted("reencrypt"), (CLUSTER, SECRETS))
    assert not seen.vault.known and seen.secrets.known
    assert not take(world, Wanted("x"), (CLUSTER,)).secrets.known


def test_the_metrics_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    assert not take(world, Wanted("show")).evidence.known
    assert take(world, Wanted("show", evidence=True)).evidence.get() is not None


def test_side_by_side_or_in_order_the_same_is_seen(world: FakeWorld) -> None:
    wanted = Wanted("enable", vault="kv1", key="etcd")
    in_order = take(world, wanted)
    world.workers = 4
    assert take(world, wanted) == in_order
