"""`secrets-provider enable`, `grant` and `show` with the real az: from nothing to a pod that mounts, in both access
models; a second run writes nothing, and what stands in the way is told before the first change."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from emulator.worlds import catalogue
from emulator.worlds.governance import Lock
from emulator.worlds.secrets_provider import Federation
from emulator.worlds.shop_secrets import READS, VAULT
from emulator.worlds.spec import CALLER, Cluster, Grant, Secrets
from tests.changes import CHANGING
from tests.e2e.commands import CLUSTER, JSON, finding, found, steps
from tests.e2e.conftest import Ended, Station

GROUP = ("aks", "kv", "secrets-provider")
ENABLE = (*GROUP, "enable", *CLUSTER, *JSON, "--yes")
GRANT = (*GROUP, "grant", *CLUSTER, *JSON, "--yes", "--vault", "shop-kv")
SHOW = (*GROUP, "show", *CLUSTER, *JSON)
OPERATOR = (Grant(CALLER, "Owner", "subscription"), Grant(CALLER, "Key Vault Reader", "vault/shop-kv"))
NEW = {"grants": OPERATOR}
"""For sp-none: nobody reads anything yet."""
BY_POLICY = {"vaults": (replace(VAULT, rbac=False),)}
AS_SHOP = ("--identity", "shop-id")
PUT = "/managedClusters/shop[?]"
NODES = "/virtualMachineScaleSets/"
ROLE, POLICY, TRUST = "/roleAssignments/", "/accessPolicies/add", "/federatedIdentityCredentials/"
PATIENCE = 60.0


def only_once(station: Station, command: tuple[str, ...], *written: str) -> Ended:
    """Done with these writes in this order, and again with none."""
    station.emulation.world.log.clear()
    ended = station.az(*command)
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    told = [each["url"] for each in changes(station)]
    assert len(told) == len(written) and all(part.strip("[?]") in url for part, url in zip(written, told, strict=True))
    assert not found(ended, "error") and "\nNext:  az aks kv secrets-provider " in ended.output
    station.emulation.world.log.clear()
    again = station.az(*command)
    assert again.code == 0 and set(steps(again).values()) == {"already"}, again.output
    assert changes(station) == []
    return ended


def changes(station: Station) -> list[dict[str, Any]]:
    """To ask what somebody may do in the cluster writes nothing."""
    return [each for each in station.changes() if "accessreviews" not in each["url"]]


def refused(station: Station, code: int, finding_code: str, command: tuple[str, ...]) -> Ended:
    ended = station.az(*command)
    assert (ended.code, ended.json["status"], found(ended, "error")) == (code, "refused", {finding_code}), ended.output
    assert changes(station) == [] and "Nothing was changed." in ended.output
    return ended


def mounted(station: Station) -> dict[str, Any]:
    """The pod `web` of the class `shop-kv`, once its driver's next try has come."""
    deadline = time.monotonic() + PATIENCE
    while True:
        shown = station.az(*SHOW)
        [one] = shown.json["classes"]
        [pod] = one["pods"]
        if pod["mounted"]:
            return dict(pod)
        assert time.monotonic() < deadline, shown.output
        time.sleep(1)


def test_from_a_cluster_without_the_addon_to_rights_in_a_vault(station: Station) -> None:
    station.start("sp-none", **NEW)
    ended = station.az(*SHOW)
    assert (ended.code, ended.json["installation"], ended.json["addon"]["enabled"]) == (0, "none", False), ended.output
    refused(station, 4, "addon-off", GRANT)
    only_once(station, (*ENABLE, "--rotation-interval", "5m"), PUT)
    only_once(station, (*ENABLE, "--rotation-interval", "30m"), PUT)
    only_once(station, (*GRANT, "--secrets", "DB-pass"), ROLE)
    shown = station.az(*SHOW).json
    assert (shown["installation"], shown["addon"]["rotation"]) == ("add-on", True)
    assert shown["addon"]["rotationInterval"] == "30m" and shown["classes"] == []
    assert [each["hasIdentity"] for each in shown["scaleSets"]] == [True]


def test_rotation_stays_as_it_is_unless_it_is_asked_for(station: Station) -> None:
    station.start("sp-good")
    before = station.cluster().body["properties"]["addonProfiles"]
    ended = station.az(*ENABLE)
    assert ended.code == 0 and changes(station) == [], ended.output
    assert station.cluster().body["properties"]["addonProfiles"] == before


@pytest.mark.parametrize(("world", "written"), [("sp-forbidden-rbac", ROLE), ("sp-forbidden-policy", POLICY)])
def test_the_least_right_in_the_vaults_own_model_is_enough_to_mount(station: Station, world: str, written: str) -> None:
    station.start(world)
    only_once(station, GRANT, written)
    assert mounted(station)["objects"][0]["name"] == "db-pass"


@pytest.mark.parametrize("overrides", [{}, BY_POLICY], ids=["rbac", "policy"])
def test_another_identity_gets_its_rights_and_comes_to_the_nodes(station: Station, overrides: dict[str, Any]) -> None:
    station.start("sp-identity-not-found", **overrides)
    rights = [POLICY] if overrides else [ROLE]
    only_once(station, (*GRANT, *AS_SHOP), *rights, NODES)
    mounted(station)


@pytest.mark.parametrize("overrides", [{}, BY_POLICY], ids=["rbac", "policy"])
def test_pods_of_a_service_account_read_with_a_federated_credential(
    station: Station, overrides: dict[str, Any]
) -> None:
    """The identity has a role already, which means nothing where the vault goes by policies."""
    station.start("sp-fic-subject", **overrides)
    account = (*AS_SHOP, "--service-account", "default", "--namespace", "default")
    only_once(station, (*GRANT, *account), *([POLICY] if overrides else []), TRUST)
    mounted(station)


def test_an_identity_that_the_nodes_have_lost_is_given_back(station: Station) -> None:
    station.start("sp-identity-lost")
    warned = station.az(*GRANT)
    assert warned.code == 0 and finding(warned, "nodes-lack-identity")["state"] == "warning", warned.output
    only_once(station, ENABLE, NODES)
    mounted(station)


def test_several_types_take_one_role_and_one_policy_each(station: Station) -> None:
    all_types = ("--secrets", "--keys", "--certificates")
    station.start("sp-none", **NEW)
    station.az(*ENABLE)
    ended = only_once(station, (*GRANT, *all_types), ROLE)
    assert "Key Vault Certificate User" in ended.output
    station.start("sp-forbidden-policy")
    only_once(station, (*GRANT, *all_types), POLICY, POLICY, POLICY)


@pytest.mark.parametrize("command", [(*ENABLE[:-1], "--dry-run"), (*GRANT, "--dry-run")], ids=["enable", "grant"])
def test_a_dry_run_changes_nothing(station: Station, command: tuple[str, ...]) -> None:
    station.start("sp-forbidden-rbac")
    ended = station.az(*command)
    assert (ended.code, ended.json["status"], changes(station)) == (0, "dry-run", []), ended.output


READER = (Grant(CALLER, "Reader", "subscription"), Grant(CALLER, "Key Vault Reader", "vault/shop-kv"), READS)
CONTRIBUTOR = (Grant(CALLER, "Contributor", "subscription"), Grant(CALLER, "Key Vault Reader", "vault/shop-kv"))
SMALL = Cluster(secrets=Secrets(count=4, namespaces=("default",)))
FULL = tuple(Federation("shop-id", f"system:serviceaccount:a:app-{n}", f"app-{n}") for n in range(20))
ACCOUNT = (*GRANT, *AS_SHOP, "--service-account", "web")
REFUSALS: dict[str, tuple[str, dict[str, Any], tuple[str, ...], int, str]] = {
    "rights-cluster": ("sp-none", {"grants": READER}, ENABLE, 4, "caller-rights"),
    "rights-roles": ("sp-forbidden-rbac", {"grants": CONTRIBUTOR}, GRANT, 4, "caller-rights"),
    "rights-policy": ("sp-forbidden-policy", {"grants": READER}, GRANT, 4, "caller-rights"),
    "rights-nodes": ("sp-good", {"grants": READER}, (*GRANT, *AS_SHOP), 4, "caller-rights"),
    "locked": ("sp-none", {"locks": (Lock("frozen", "ReadOnly", "cluster/shop"),)}, ENABLE, 4, "resource-locked"),
    "stopped": ("sp-none", {"clusters": (replace(SMALL, power="Stopped"),)}, ENABLE, 4, "cluster-stopped"),
    "changing": ("sp-none", {"clusters": (replace(SMALL, state="Updating"),)}, ENABLE, 4, "cluster-not-settled"),
    "chart": ("sp-wi-token-missing", {}, ENABLE, 4, "provider-by-chart"),
    "tenant": ("sp-tenant-mismatch", {}, GRANT, 4, "read-vault-tenant"),
    "vault": ("sp-good", {}, (*GRANT, "--vault", "no-such-kv"), 3, "read-vault-missing"),
    "identity": ("sp-good", {}, (*GRANT, "--identity", "nobody"), 3, "read-identity-missing"),
    "object": ("sp-good", {}, (*GRANT, "--secrets", "db-pass", "nothing"), 3, "asked-object-missing"),
    "disabled": ("sp-object-disabled", {}, (*GRANT, "--secrets", "db-pass"), 4, "asked-object-disabled"),
    "issuer": ("sp-good", {}, ACCOUNT, 4, "issuer-off"),
    "full": ("sp-fic-subject", {"federations": FULL}, ACCOUNT, 4, "federation-full"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_stands_in_the_way_is_told_and_nothing_is_changed(station: Station, case: str) -> None:
    world, overrides, command, code, finding_code = REFUSALS[case]
    station.start(world, **overrides)
    ended = refused(station, code, finding_code, command)
    told = finding(ended, finding_code)
    assert told["command"].startswith(("az ", "helm ")) and told["why"]


def test_scale_sets_that_nobody_may_change_are_told_before(station: Station) -> None:
    shop = catalogue.load("sp-good").clusters[0]
    station.start("sp-good", clusters=(replace(shop, locked_down=True),))
    ended = refused(station, 4, "nodes-locked", (*GRANT, *AS_SHOP))
    assert "Unrestricted" in finding(ended, "nodes-locked")["command"]
    assert station.az(*GRANT).code == 0  # the add-on's own identity is there


@pytest.mark.parametrize("hold", ["before", "after"])
def test_killed_at_its_only_write_the_same_command_finishes_it(station: Station, hold: str) -> None:
    for world, overrides, command in (("sp-none", NEW, ENABLE), ("sp-forbidden-rbac", {}, GRANT)):
        station.start(world, **overrides)
        killed = station.az_killed_at({"method": "PUT|PATCH|POST", "path": CHANGING, "hold": hold}, *command)
        assert killed.code == -9
        station.forget_journal()
        again = station.az(*command)
        assert (again.code, again.json["status"]) == (0, "done"), again.output
        station.emulation.world.log.clear()
        assert station.az(*command).code == 0 and changes(station) == []
