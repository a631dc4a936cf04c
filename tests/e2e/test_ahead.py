"""What would refuse a step in the middle of a change is found before the first one, with the real az."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import pytest

from emulator.worlds import catalogue
from emulator.worlds.cluster_access import CLUSTER_USER, AdmissionRule, Binding, Rule
from emulator.worlds.spec import CALLER, Cluster, Grant, Maintenance, Secrets
from tests.e2e.conftest import Ended, Station
from tests.e2e.test_worlds import CLUSTER, DISABLE, ENABLE, SHOW

FEW = Secrets(count=6, namespaces=("default", "payments", "kube-system"))


def errors(ended: Ended) -> dict[str, dict[str, Any]]:
    """The findings that block, by their code."""
    return {each["code"]: each for each in ended.json["findings"] if each["state"] in ("error", "unknown")}


def refused(station: Station, ended: Ended, *codes: str) -> dict[str, dict[str, Any]]:
    """It was refused for these reasons alone, and nothing was changed."""
    assert (ended.code, ended.json["status"]) == (4, "refused"), ended.output
    assert set(errors(ended)) == set(codes) and station.changes() == [], ended.output
    assert all(each["text"] and each["why"] and each["command"] for each in errors(ended).values())
    return errors(ended)


def run(station: Station, command: str) -> Ended:
    """A remedy as it was printed."""
    program, *arguments = shlex.split(command)
    assert program == "az"
    return station.az(*arguments)


def test_a_lock_and_a_policy_are_found_and_following_the_remedy_leads_through(station: Station) -> None:
    emulation = station.start("locked", secrets=6)
    locked = refused(station, station.az(*ENABLE, "--yes"), "resource-locked")["resource-locked"]
    assert "vault-is-frozen on shop-kv" in locked["text"] and "assign Key Vault Crypto User" in locked["text"]
    assert run(station, locked["command"]).code == 0
    emulation.world.log.clear()
    denied = refused(station, station.az(*ENABLE, "--yes"), "policy-refuses")["policy-refuses"]
    assert "no-customer-keys denies to turn on KMS" in denied["text"]
    emulation.world.spec = replace(emulation.world.spec, policy_assignments=())
    done = station.az(*ENABLE, "--yes")
    assert (done.code, done.json["secrets"]["proved"]) == (0, True), done.output


def test_who_overrules_a_lock_is_stopped_by_it_honestly(station: Station) -> None:
    station.start("locked", secrets=6)
    stopped = station.az(*ENABLE, "--yes", "--accept", "resource-locked", "policy-refuses")
    assert (stopped.code, stopped.json["status"]) == (1, "failed"), stopped.output
    assert "ScopeLocked" in stopped.output and "the cluster was not touched" in stopped.output
    in_azure = [each for each in station.changes() if each["site"] == "arm"]
    assert {each["method"] for each in in_azure} == {"PUT"} and station.stored_under() == {"plain"}


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        ((Grant(CALLER, "Contributor", "subscription"),), ("Microsoft.Authorization/roleAssignments/write",)),
        (
            (
                Grant(CALLER, "Reader", "subscription"),
                Grant(CALLER, "Azure Kubernetes Service Cluster Admin Role", "cluster/shop"),
                Grant(CALLER, "Azure Kubernetes Service Cluster User Role", "cluster/shop"),
            ),
            (
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.ContainerService/managedClusters/write",
                "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            ),
        ),
    ],
)
def test_each_right_that_is_missing_is_named(station: Station, grants: tuple[Grant, ...], missing: tuple[str]) -> None:
    station.start("public-rbac", secrets=6, grants=grants)
    ended = station.az(*ENABLE, "--yes")
    refused(station, ended, "caller-rights")
    texts = [each["text"] for each in ended.json["findings"] if each["code"] == "caller-rights"]
    assert len(texts) == len(missing) and all(any(action in text for text in texts) for action in missing), texts


def a_cluster(**fields: Any) -> tuple[Cluster, ...]:
    return (Cluster(secrets=FEW, **fields),)


def test_who_may_not_patch_secrets_does_not_change_the_key(station: Station) -> None:
    looking = (Rule(("get", "list"), ("secrets", "namespaces")), Rule(("get",), ("leases",), ("coordination.k8s.io",)))
    station.start("public-rbac", clusters=a_cluster(bindings=(Binding(CLUSTER_USER, looking),)))
    finding = refused(station, station.az(*ENABLE, "--yes"), "kubernetes-rights")["kubernetes-rights"]
    assert "patch secrets in every namespace" in finding["text"]


def test_an_admission_policy_is_met_before_the_key_is_changed(station: Station) -> None:
    rule = AdmissionRule('admission webhook "frozen.example.org" denied the request: {name} is frozen', ("payments",))
    emulation = station.start("public-rbac", clusters=a_cluster(admission=(rule,)))
    finding = refused(station, station.az(*ENABLE, "--yes"), "admission-refuses")["admission-refuses"]
    assert "payments/" in finding["text"] and "frozen.example.org" in finding["text"]

    anyway = station.az(*ENABLE, "--yes", "--accept", "admission-refuses")
    assert (anyway.code, anyway.json["status"]) == (1, "failed"), anyway.output
    assert len(anyway.json["secrets"]["refused"]) == 2 and not anyway.json["secrets"]["proved"]
    assert "keep the key from before and the present one enabled" in anyway.output

    (server,) = emulation.world.kubernetes._servers.values()
    server.registry._admission = ()
    done = station.az(*ENABLE, "--yes")
    assert (done.code, done.json["secrets"]["proved"]) == (0, True), done.output
    assert station.stored_under() == {station.key_in_arm()} and emulation.verdict()["ok"]


def test_an_open_maintenance_window_is_told(station: Station) -> None:
    every_hour = {"timeInWeek": [{"day": day, "hourSlots": list(range(24))} for day in DAYS]}
    station.start("public-rbac", clusters=a_cluster(maintenance=(Maintenance(every_hour, "default"),)))
    rehearsed = station.az(*ENABLE, "--dry-run")
    warnings = {each["code"]: each for each in rehearsed.json["findings"] if each["state"] == "warning"}
    assert rehearsed.code == 0 and "default of shop is open from" in warnings["maintenance-near"]["text"]
    assert run(station, warnings["maintenance-near"]["command"]).code == 0


DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def test_a_vault_without_an_audit_log_is_told(station: Station) -> None:
    station.start("kms-on", secrets=6, vaults=(replace(catalogue.load("kms-on").vaults[0], audit_log=False),))
    shown = station.az(*SHOW)
    assert "vault-audit-off" in {each["code"] for each in shown.json["findings"] if each["state"] == "warning"}


def test_a_template_that_takes_the_key_back_is_told_and_the_remedy_repairs_it(station: Station) -> None:
    emulation = station.start("public-rbac", secrets=6)
    older = emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[0].kid
    emulation.server.call(lambda: emulation.world.clock.advance(3600))
    assert station.az("keyvault", "key", "create", "--vault-name", "shop-kv", "--name", "etcd").code == 0
    assert station.az(*ENABLE, "--yes").code == 0
    newer = station.key_in_arm()
    assert newer != older
    update = ("aks", "update", *CLUSTER, "--enable-azure-keyvault-kms", "--azure-keyvault-kms-key-id", older)
    assert station.az(*update, "--azure-keyvault-kms-key-vault-network-access", "Public").code == 0

    shown = station.az(*SHOW)
    assert shown.code == 4, shown.output
    finding = errors(shown)["key-went-back"]
    assert f"from {newer} to {older}" in finding["text"] and f"put {newer} into the template" in finding["why"]
    for command in finding["command"].split(" && "):
        assert run(station, f"{command} --yes").code == 0
    assert station.az(*SHOW).code == 0 and station.stored_under() == {newer} and emulation.verdict()["ok"]


def test_templates_are_told_what_to_say_after_each_change(station: Station) -> None:
    station.start("public-rbac", secrets=6)
    on = station.az(*ENABLE, "--yes")
    key = station.key_in_arm()
    assert f'key_vault_key_id         = "{key}"' in on.output and f"keyId: '{key}'" in on.output
    assert any(f"must name the key {key}" in text for text in on.json["keep"])
    off = station.az(*DISABLE)
    assert "no key_management_service block" in off.output and "enabled: false" in off.output
