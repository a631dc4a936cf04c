import json

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.ids import cluster_id
from azext_akskv.model.state import KmsState
from azext_akskv.report.rows import change_row, exit_code_of, state_row
from tests.unit.report import samples

FINDING = {"code", "category", "state", "text", "why", "command", "url"}
SECRETS = {
    "total",
    "rewritten",
    "current",
    "gone",
    "conflictsResolved",
    "refused",
    "refusedByPlatform",
    "seconds",
    "proved",
    "why",
}
KEY = {"id", "vault", "name", "version", "enabled", "expires", "newestVersion"}


@pytest.mark.parametrize("result", [samples.done(), samples.refused(), samples.failed(), samples.waiting()])
def test_a_change_has_always_the_keys_that_were_promised(result: Result) -> None:
    row = change_row(result)
    assert set(row) == {"flow", "run", "status", "steps", "findings", "keep", "secrets"}
    assert all(set(step) == {"code", "title", "state", "seconds", "detail"} for step in row["steps"])
    assert all(set(finding) == FINDING for finding in row["findings"])
    json.dumps(row)


def test_the_rewrite_has_the_keys_that_were_promised_and_tells_the_platforms_refusals_apart() -> None:
    secrets = change_row(samples.failed())["secrets"]
    assert set(secrets) == SECRETS
    assert secrets["refused"] == [{"namespace": "team-b", "name": "db", "reason": "403 deny-secret-updates"}]
    assert [each["namespace"] for each in secrets["refusedByPlatform"]] == ["kube-system"]


def test_a_change_that_did_not_come_to_the_rewrite_says_null() -> None:
    assert change_row(samples.refused())["secrets"] is None


def test_kms_show_has_the_keys_that_were_promised() -> None:
    row = state_row(samples.state())
    assert set(row) == {
        "cluster",
        "resourceGroup",
        "kubernetesVersion",
        "experience",
        "key",
        "previousKeys",
        "networkAccess",
        "rewriteOwed",
        "findings",
    }
    assert set(row["key"]) == KEY and row["key"]["expires"] == "2027-01-31T12:00:00+00:00"
    assert set(row["previousKeys"][0]) == {"id", "since", "until", "mayRetire", "why"}
    assert row["networkAccess"] == {"declared": "Public", "vault": "Public"}
    assert row["experience"] == "legacy-v2"
    json.dumps(row)


def test_what_is_not_known_is_null() -> None:
    row = state_row(KmsState(cluster_id("sub", "rg1", "prod")))
    assert row["key"] is None and row["rewriteOwed"] is None and row["experience"] is None
    assert row["networkAccess"] == {"declared": None, "vault": None}


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ((), 0),
        ((samples.NO_PURGE_PROTECTION, samples.HEALTHY, samples.NOT_APPLICABLE), 0),
        ((samples.UNREADABLE_FIREWALL,), 5),
        ((samples.UNREADABLE_FIREWALL, samples.UNUSABLE), 4),
        ((Finding("cluster-missing", "cluster", State.ERROR, "there is no cluster prod"),), 3),
    ],
)
def test_kms_show_leaves_with_4_for_what_is_wrong_and_5_for_what_is_unknown(
    findings: tuple[Finding, ...], code: int
) -> None:
    assert exit_code_of(KmsState(cluster_id("sub", "rg1", "prod"), findings=findings)) == code
