"""User stories, each replayed from its cassette in recordings/ without Azure, login or network.

What is asserted here holds against the emulator and against Azure. What exactly is sent, and in which order, is in the
cassette: a replay fails when it differs. The order of the stories spares a real cluster changes of KMS.
"""

from __future__ import annotations

from typing import Any

from tests.scenario_base import KmsScenario

ENABLE = "aks kv kms enable -g {group} -n {cluster} --vault {vault} --key {key} --yes"


def states(row: Any) -> dict[str, str]:
    return {step["code"]: step["state"] for step in row["steps"]}


class PublicRbac(KmsScenario):
    """A cluster without KMS; a vault with public access and RBAC."""

    def test_dry_run_changes_nothing(self) -> None:
        self.cmd(f"{ENABLE} --dry-run", checks=[self.check("status", "dry-run"), self.check("secrets", None)])
        assert self.changes() == []

    def test_a_key_that_is_not_there_is_refused(self) -> None:
        row = self.ended(ENABLE.replace("{key}", "no-such-key"), code=3)
        assert row["status"] == "refused"
        assert [each["code"] for each in row["findings"] if each["state"] == "error"] == ["key-missing"]
        assert self.changes() == []

    def test_enable_on_a_public_rbac_vault(self) -> None:
        row = self.cmd(ENABLE, checks=self.proved()).get_output_in_json()
        after = ["note-switch", "rewrite-secrets", "note-proof", "note-ledger"]
        assert list(states(row)) == ["grant-crypto-user", "turn-on-kms", *after]
        assert states(row)["turn-on-kms"] == "done"


class EnabledBefore(KmsScenario):
    """The same, after `kms enable` ended well."""

    before_emulated = before_live = (ENABLE,)

    def test_a_second_enable_writes_nothing(self) -> None:
        row = self.cmd(ENABLE, checks=[self.check("status", "done")]).get_output_in_json()
        assert set(states(row).values()) == {"already"}
        assert self.changes() == []


class KmsOn(KmsScenario):
    """A cluster whose KMS was turned on by `kms enable`."""

    world = "kms-noted"
    before_live = (ENABLE,)

    def test_show_says_which_key_is_in_use(self) -> None:
        on = [self.check("experience", "legacy-v2"), self.check("key.name", "{key}"), self.check("key.enabled", True)]
        self.cmd("aks kv kms show -g {group} -n {cluster}", checks=on)
        assert self.changes() == []

    def test_reencrypt_proves_every_secret(self) -> None:
        self.cmd("aks kv reencrypt -g {group} -n {cluster} --yes", checks=self.proved())
        beside = [change for change in self.changes() if "/leases" not in change]
        assert {change.partition(" ")[0] for change in beside} == {"PATCH"}

    def test_list_of_a_group_asks_no_api_server(self) -> None:
        rows = self.cmd("aks kv kms list -g {group}").get_output_in_json()
        [row] = [each for each in rows if each["cluster"] == self.kwargs["cluster"]]
        assert (row["experience"], row["rewriteOwed"], row["key"]["name"]) == ("legacy-v2", False, self.kwargs["key"])
        assert self.changes() == []

    def test_rotate_puts_a_newer_version_in(self) -> None:
        row = self.cmd("aks kv rotate -g {group} -n {cluster} --yes", checks=self.proved()).get_output_in_json()
        after = ["put-key-in", "note-switch", "rewrite-secrets", "note-proof", "note-ledger"]
        assert next(iter(states(row))) == "create-key-version" and list(states(row))[-5:] == after

    def test_disable_names_the_key_to_keep(self) -> None:
        row = self.cmd("aks kv kms disable -g {group} -n {cluster} --yes", checks=self.proved()).get_output_in_json()
        assert states(row)["turn-off-kms"] == "done"
        assert "/keys/{key}/".format_map(self.kwargs) in row["keep"][0]


class LegacyV1(KmsScenario):
    """A cluster of Kubernetes 1.26 whose KMS is on."""

    world = "legacy-v1"
    before_live = (ENABLE,)

    def test_migrate_v2_upgrades_with_kms_off(self) -> None:
        row = self.cmd("aks kv kms migrate-v2 -g {group} -n {cluster} --yes", checks=self.proved())
        codes = list(states(row.get_output_in_json()))
        assert codes.index("turn-off-kms") < codes.index("upgrade-control-plane") < codes.index("turn-on-kms")
        assert codes[-1] == "upgrade-node-pools"


class ModernLegacy(KmsScenario):
    """A cluster of Kubernetes 1.33 whose legacy KMS was turned on by `kms enable`."""

    world = "modern-legacy"
    before_live = (ENABLE,)

    def test_migrate_encryption_names_no_version(self) -> None:
        change = "aks kv kms migrate-encryption -g {group} -n {cluster} --to customer-managed --yes"
        row = self.cmd(change).get_output_in_json()
        assert row["status"] == "done" and states(row)["turn-on-encryption"] == "done"
        on = [self.check("experience", "customer-managed"), self.check("key.version", None)]
        self.cmd("aks kv kms show -g {group} -n {cluster}", checks=on)


class PublicPolicy(KmsScenario):
    """A cluster without KMS; a vault with public access and access policies."""

    world = "public-policy"

    def test_enable_on_an_access_policy_vault(self) -> None:
        row = self.cmd(ENABLE, checks=self.proved()).get_output_in_json()
        assert list(states(row))[:2] == ["grant-key-policy", "turn-on-kms"]


class PrivateVnet(KmsScenario):
    """A cluster without KMS, with API Server VNet Integration; a vault without public access."""

    world = "private-vnet"

    def test_enable_on_a_private_vault(self) -> None:
        row = self.cmd(ENABLE, checks=self.proved()).get_output_in_json()
        grants = ["grant-crypto-user", "grant-contributor", "wait-for-grants"]
        assert list(states(row))[:4] == [*grants, "turn-on-kms"]


class PrivateOn(KmsScenario):
    """The same, after `kms enable` ended well."""

    world = "kms-noted-private"
    before_live = (ENABLE,)

    def test_migrate_mode_to_public(self) -> None:
        change = "aks kv kms migrate-mode -g {group} -n {cluster} --to Public --yes"
        row = self.cmd(change, checks=self.proved()).get_output_in_json()
        assert next(iter(states(row))) == "open-vault" and states(row)["turn-off-kms"] == "done"


class EntraOnly(KmsScenario):
    """A cluster without KMS and without local accounts."""

    world = "entra-only"

    def test_enable_where_entra_alone_opens_the_api_server(self) -> None:
        self.cmd(ENABLE, checks=self.proved())
