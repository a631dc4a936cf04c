"""The story of a private link, replayed from its cassette as those of tests/test_kms_scenario.py are."""

from __future__ import annotations

from tests.scenario_base import KmsScenario

FIX = "aks kv fix-privatelink -g {group} -n {cluster} --vault {vault} --via direct --yes"


class EndpointElsewhere(KmsScenario):
    """A closed vault whose private endpoint is in another network than the nodes, without zone and peering."""

    world = "pl-nothing"
    before_live = ()

    def test_fix_privatelink_makes_what_is_missing(self) -> None:
        row = self.cmd(FIX, checks=[self.check("status", "done")]).get_output_in_json()
        codes = [step["code"] for step in row["steps"]]
        assert codes[0] == "look-from-nodes" and codes[-1] == "prove-from-nodes"
        assert {"keep-record", "link-zone", "peer-nodes", "peer-endpoint"} <= set(codes)
        assert [proof["status"] for proof in row["proofs"]] == [200]

    def test_fix_privatelink_dry_run_changes_nothing(self) -> None:
        self.cmd(f"{FIX} --dry-run", checks=[self.check("status", "dry-run"), self.check("proofs", [])])
        assert self.changes() == []
