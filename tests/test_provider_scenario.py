"""The stories of the secrets provider, from the add-on to a mounted secret, and of `diagnose`."""

from __future__ import annotations

from tests.scenario_base import KmsScenario

CLUSTER = "-g {group} -n {cluster}"
GROUP = "aks kv secrets-provider"
READING = "--vault {vault} --secrets db-pass"


class WithoutAddon(KmsScenario):
    """Nothing of the provider is there."""

    world = "sp-none"
    before_live = ()

    def test_enable_turns_the_add_on_on(self) -> None:
        enable = f"{GROUP} enable {CLUSTER} --rotation-interval 5m --via direct --yes"
        row = self.cmd(enable, checks=[self.check("status", "done")]).get_output_in_json()
        assert [(step["code"], step["state"]) for step in row["steps"]] == [
            ("set-addon", "done"),
            ("provide-nodes", "already"),
        ]


class WithoutRole(KmsScenario):
    """A pod cannot mount, because the add-on's identity may not read the vault."""

    world = "sp-forbidden-rbac"
    before_live = ()

    def test_diagnose_names_the_cause_and_its_state(self) -> None:
        row = self.ended(f"aks kv diagnose {CLUSTER} --category provider --via direct", 4)
        wrong = {each["code"] for each in row["findings"] if each["state"] == "error"}
        assert {"forbidden-rbac", "class-grant"} <= wrong
        assert self.changes() == []

    def test_grant_gives_the_least_role(self) -> None:
        self.cmd(f"{GROUP} grant {CLUSTER} {READING} --yes", checks=[self.check("status", "done")])
        [change] = self.changes()
        assert change.startswith("PUT ") and "/roleAssignments/" in change


class Ready(KmsScenario):
    """Add-on and rights are there, and no class yet."""

    world = "sp-ready"
    before_live = ()

    def test_generate_makes_class_and_pod(self) -> None:
        generate = f"{GROUP} generate {CLUSTER} {READING} --apply --via direct --yes"
        row = self.cmd(generate, checks=[self.check("status", "done")]).get_output_in_json()
        assert [each["state"] for each in row["manifests"]] == ["done", "done"]


class Mounted(KmsScenario):
    """A pod has its secret."""

    world = "sp-good"
    before_live = ()

    def test_verify_tells_what_is_mounted(self) -> None:
        row = self.cmd(f"{GROUP} verify {CLUSTER} --via direct").get_output_in_json()
        assert [(each["pod"], each["mounted"]) for each in row["mounts"]] == [("web", True)]
        assert [each["name"] for each in row["mounts"][0]["objects"]] == ["db-pass"]
        assert self.changes() == []
