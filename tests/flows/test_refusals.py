"""What a user brings that `kms enable` must not begin with: the finding, the exit code, and not one write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.disable import DISABLE
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.ids import KeyId
from azext_akskv.model.kube import SecretRef
from azext_akskv.model.snapshot import Wanted
from tests.builders import HOST, KEY, OTHER_KEY, VAULT, a_key, cluster_json
from tests.fakes import FakeWorld
from tests.flows import worlds
from tests.flows.test_enable import ASKED, codes

Spoil = Callable[[FakeWorld], object]


def cluster(**properties: object) -> Spoil:
    return lambda world: world.cluster["properties"].update(properties)  # type: ignore[index]


def vault(**properties: object) -> Spoil:
    return lambda world: world.vaults[VAULT]["properties"].update(properties)


def key(**fields: object) -> Spoil:
    return lambda world: world.keys.update({(HOST, "etcd"): [a_key(**fields)]})  # type: ignore[arg-type]


def gone(what: str) -> Spoil:
    return lambda world: setattr(world, what, None if what == "cluster" else {})


def soft_deleted(name: str) -> Spoil:
    def spoil(world: FakeWorld) -> None:
        world.deleted.add(name)
        (world.keys if name == "etcd" else world.vaults).clear()

    return spoil


def fault(call: str, error: Exception) -> Spoil:
    return lambda world: world.faults.update({call: [error]})


def unreadable(world: FakeWorld) -> None:
    world.stored[SecretRef("team-1", "old")] = (5, "https://kv0.vault.azure.net/keys/gone/0")


def already_on(world: FakeWorld) -> None:
    world.cluster = cluster_json(kms=OTHER_KEY)
    world.slots = [str(OTHER_KEY)]
    world.keys[(HOST, "etcd")].append(a_key(OTHER_KEY))


PRIVATE = replace(ASKED, network_access="Private")
DENIED = Denied("read", "AuthorizationFailed", "The client does not have authorization")

CASES: dict[str, tuple[Spoil, Wanted, str, int]] = {
    "cluster not found": (gone("cluster"), ASKED, "cluster-missing", 3),
    "cluster stopped": (cluster(powerState={"code": "Stopped"}), ASKED, "cluster-stopped", 4),
    "cluster updating": (cluster(provisioningState="Upgrading"), ASKED, "cluster-not-settled", 4),
    "new KMS": (
        cluster(securityProfile={"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}),
        ASKED,
        "not-legacy",
        4,
    ),
    "system identity, none named": (
        lambda world: world.cluster.update(identity={"type": "SystemAssigned"}),  # type: ignore[union-attr]
        ASKED,
        "identity-kind",
        4,
    ),
    "service principal": (lambda world: world.cluster.pop("identity"), ASKED, "identity-kind", 4),  # type: ignore[union-attr]
    "identity not found": (gone("identities"), ASKED, "identity-missing", 3),
    "named identity not found": (
        lambda _world: None,
        replace(ASKED, identity="nobody"),
        "identity-missing",
        3,
    ),
    "vault not found": (lambda _world: None, replace(ASKED, vault="kv9"), "vault-missing", 3),
    "vault of a key not found": (
        lambda _world: None,
        Wanted("enable", key=KeyId("kv9.vault.azure.net", "etcd", "1")),
        "vault-missing",
        3,
    ),
    "nothing named": (lambda _world: None, Wanted("enable"), "vault-missing", 3),
    "vault soft-deleted": (soft_deleted("kv1"), ASKED, "vault-soft-deleted", 3),
    "vault soft-deleted, to be made": (soft_deleted("kv1"), replace(ASKED, create=True), "vault-soft-deleted", 3),
    "vault of another tenant": (vault(tenantId="another"), ASKED, "vault-other-tenant", 4),
    "key not found": (gone("keys"), ASKED, "key-missing", 3),
    "no key named": (lambda _world: None, Wanted("enable", vault="kv1"), "key-missing", 3),
    "key soft-deleted": (soft_deleted("etcd"), ASKED, "key-missing", 3),
    "version not found": (lambda _world: None, Wanted("enable", key=OTHER_KEY, create=True), "key-missing", 3),
    "key of another vault": (
        lambda _world: None,
        replace(ASKED, key=KeyId("kv2.vault.azure.net", "etcd", "1")),
        "key-other-vault",
        4,
    ),
    "key of another cloud": (
        lambda _world: None,
        Wanted("enable", key=KeyId("kv1.vault.azure.cn", "etcd", "1")),
        "key-other-vault",
        4,
    ),
    "EC key": (key(kind="EC"), ASKED, "key-unusable", 4),
    "key without encrypt": (key(operations=frozenset({"decrypt", "wrapKey"})), ASKED, "key-unusable", 4),
    "disabled key": (key(enabled=False), ASKED, "key-unusable", 4),
    "expired key": (key(expires_in_days=-1), ASKED, "key-unusable", 4),
    "key not valid yet": (key(not_before=a_key(expires_in_days=1).expires), ASKED, "key-unusable", 4),
    "selected networks": (vault(networkAcls={"defaultAction": "Deny"}), ASKED, "vault-unreachable", 4),
    "public mode, closed vault": (
        vault(publicNetworkAccess="Disabled"),
        replace(ASKED, network_access="Public"),
        "vault-unreachable",
        4,
    ),
    "private without VNet integration": (vault(publicNetworkAccess="Disabled"), ASKED, "vnet-integration", 4),
    "private asked for without VNet integration": (lambda _world: None, PRIVATE, "vnet-integration", 4),
    "another key attached": (already_on, replace(ASKED, key=KEY), "other-key-attached", 4),
    "another mode attached": (already_on, replace(PRIVATE, key="etcd"), "mode-differs", 4),
    "another identity attached": (already_on, replace(ASKED, identity="id1x"), "identity-differs", 3),
    "unreadable secret": (unreadable, ASKED, "secret-unreadable", 4),
    "API server away": (lambda world: setattr(world, "api_server_away", True), ASKED, "api-server-unreachable", 4),
    "no right on the cluster": (fault("clusters.get", DENIED), ASKED, "cluster-missing", 5),
    "no right on the vault": (fault("vaults.find", DENIED), ASKED, "vault-missing", 5),
    "no right on the key": (fault("keys.versions", DENIED), ASKED, "key-missing", 5),
    "no right on assignments": (fault("roles.of", DENIED), ASKED, "grant-missing", 5),
    "no right on secrets": (fault("secrets.page", Denied("list", "Forbidden", "no")), ASKED, "secret-unreadable", 5),
    "no right on leases": (fault("secrets.switch", Denied("get", "Forbidden", "no")), ASKED, "key-note", 5),
    "vault cannot be read": (fault("vaults.find", Unavailable("read", "500", "oops")), ASKED, "vault-missing", 5),
}
NEVER_ACCEPTED = ("secret-unreadable", "rewrite-owed", "key-unusable", "vault-unreachable")


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_before_the_first_write(case: str, tmp_path: Path) -> None:
    spoil, wanted, code, exit_code = CASES[case]
    world = worlds.public_rbac(tmp_path)
    spoil(world)
    result = world.drive(ENABLE, wanted, accept=NEVER_ACCEPTED)
    blocking = {finding.code for finding in result.findings if finding.blocks}
    assert result.status == "refused" and code in blocking, blocking
    assert result.exit_code == exit_code
    assert not world.writes
    assert result.trouble and result.trouble.safe == ("Nothing was changed.",)


def test_a_right_that_is_missing_is_named(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["roles.of"] = [DENIED]
    [finding] = [each for each in world.drive(ENABLE, ASKED).findings if each.blocks]
    assert "Microsoft.Authorization/roleAssignments/read" in finding.text


def test_an_unreadable_secret_is_named_and_refuses_disable_too(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    unreadable(world)
    result = world.drive(DISABLE, Wanted("disable"))
    [finding] = [each for each in result.findings if each.blocks]
    assert finding.code == "secret-unreadable" and "team-1/old" in finding.text and not world.writes


def test_the_unfinished_run_of_another_flow_refuses_until_it_is_accepted(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.ends_as = "Failed"
    assert world.drive(ENABLE, ASKED).status == "failed"
    world.writes.clear()
    refused = world.drive(DISABLE, Wanted("disable"))
    assert codes(refused, "error") == {"unfinished-run"} and not world.writes
    assert world.drive(DISABLE, Wanted("disable"), accept=("unfinished-run",)).status == "done"


def test_somebody_elses_update_in_the_middle_is_told_and_nothing_is_forced(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.grant_delay = 60
    tick = world.reporter.told.append

    def meanwhile(text: str) -> None:
        tick(text)
        assert world.cluster is not None
        world.cluster["properties"]["provisioningState"] = "Updating"

    world.reporter.tick = meanwhile  # type: ignore[attr-defined]  # an upgrade begins while we wait for the grant
    result = world.drive(ENABLE, ASKED)
    assert result.status == "failed" and result.trouble and "OperationNotAllowed" in result.trouble.text
    assert world.writes["clusters.turn_on_kms"] == 0
