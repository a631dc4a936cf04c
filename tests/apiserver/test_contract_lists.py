"""The same cases on the emulated and on the real Kubernetes API: lists, pages, Tables."""

from __future__ import annotations

import base64
import json

import pytest

from azext_akskv.engine.pace import Inline
from azext_akskv.model.kube import SecretRef
from azext_akskv.observe.census import take_census
from tests.apiserver.shop import HERE, SECRETS, TABLE, Shop
from tests.unit.steps.secret_store import FakeReporter

MARKER = "correct-horse-battery"


def test_a_table_without_objects_carries_no_value(shop: Shop) -> None:
    plain = json.dumps(shop("GET", SECRETS).body)
    assert base64.b64encode(MARKER.encode()).decode() in plain and "last-applied-configuration" in plain
    table = shop("GET", SECRETS, accept=TABLE, includeObject="None").body
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    assert {row["object"] for row in table["rows"]} == {None}
    written = json.dumps(table)
    assert MARKER not in written and base64.b64encode(MARKER.encode()).decode() not in written


def test_tables_carry_metadata_unless_told_otherwise(shop: Shop) -> None:
    rows = shop("GET", SECRETS, accept=TABLE).body["rows"]
    assert {row["object"]["kind"] for row in rows} == {"PartialObjectMetadata"}
    assert any(MARKER in json.dumps(row["object"]["metadata"]) for row in rows)


def test_what_is_only_offered_as_a_table_is_not_answered_otherwise(shop: Shop) -> None:
    assert shop("GET", SECRETS, accept=f"{TABLE},application/json", includeObject="None").body["kind"] == "Table"
    assert shop("GET", SECRETS, accept=TABLE.replace("v=v1", "v=v9")).status == 406


def test_pages_show_one_moment_in_the_order_of_etcd(shop: Shop) -> None:
    shop("DELETE", f"{HERE}/in-between")
    whole, seen, token = shop("GET", SECRETS), [], ""
    while True:
        page = shop("GET", SECRETS, limit="17", **{"continue": token})
        seen += page.body["items"]
        metadata = page.body["metadata"]
        assert page.version == whole.version
        assert metadata.get("remainingItemCount", 0) == len(whole.body["items"]) - len(seen)
        token = metadata.get("continue", "")
        if not token:
            break
        shop.create("in-between", namespace="team-b")
    assert seen == whole.body["items"]
    keys = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in seen]
    assert keys == sorted(keys)
    shop("DELETE", HERE.replace("default", "team-b") + "/in-between")


def test_an_old_token_is_gone_and_leads_on_without_a_snapshot(shop: Shop) -> None:
    everything = [item["metadata"]["uid"] for item in shop("GET", SECRETS).body["items"]]
    first = shop("GET", SECRETS, limit="5")
    shop("PATCH", shop.some(), {"metadata": {"labels": {"at": str(first.version)}}})
    shop.compact()
    token = first.body["metadata"]["continue"]
    gone = shop("GET", SECRETS, limit="5", **{"continue": token})
    assert (gone.status, gone.body["reason"]) == (410, "Expired")
    assert gone.body["message"].startswith("The provided continue parameter is too old to display a consistent list")
    rest = shop("GET", SECRETS, **{"continue": gone.body["metadata"]["continue"]})
    found = [item["metadata"]["uid"] for item in first.body["items"] + rest.body["items"]]
    assert set(everything) <= set(found) and rest.version > first.version


@pytest.mark.parametrize("token", ["%%%", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0"])
def test_a_token_that_is_none_is_refused(shop: Shop, token: str) -> None:
    answer = shop("GET", SECRETS, limit="5", **{"continue": token})
    assert answer.status == 400 and "continue key is not valid" in answer.body["message"]


def test_version_zero_answers_from_the_cache_and_knows_no_limit(shop: Shop) -> None:
    whole = len(shop("GET", SECRETS).body["items"])
    assert len(shop("GET", SECRETS, resourceVersion="0", limit="5").body["items"]) == whole
    assert len(shop("GET", SECRETS, limit="5").body["items"]) == 5
    early = shop("GET", SECRETS, resourceVersion="999999999")
    assert (early.status, early.body["reason"], early.body["details"]["retryAfterSeconds"]) == (504, "Timeout", 1)
    assert early.body["message"].startswith("Timeout: Too large resource version: 999999999, current: ")
    assert shop("GET", SECRETS, limit="x").body["message"] == 'strconv.ParseInt: parsing "x": invalid syntax'


def test_selectors_choose(shop: Shop) -> None:
    shop("DELETE", f"{HERE}/chosen")
    made = shop("POST", HERE, {"metadata": {"name": "chosen", "labels": {"kind": "x"}}, "type": "special"})
    assert made.status == 201
    for query in ({"labelSelector": "kind in (x, y)"}, {"fieldSelector": "type=special"}):
        found = shop("GET", SECRETS, **query).body["items"]
        assert [item["metadata"]["name"] for item in found] == ["chosen"]
    assert shop("GET", SECRETS, labelSelector="a=1=2 x").status == 400
    assert shop("GET", SECRETS, fieldSelector="data.a=1").status == 400


@pytest.mark.usefixtures("through_proxy")
def test_our_own_token_goes_on_behind_a_secret(shop: Shop) -> None:
    ours = shop.ours()
    names = [each.name for each in ours.page("payments").secrets]
    after = ours.behind(SecretRef("payments", names[1]))
    assert [each.name for each in ours.page("payments", after).secrets] == names[2:]


@pytest.mark.usefixtures("through_proxy")
def test_our_census_counts_what_is_there(shop: Shop) -> None:
    census = take_census(shop.ours(), FakeReporter(), Inline(), 1)
    assert (census.count, census.unreadable) == (len(shop.stored()), ())


def test_the_python_client_pages(shop: Shop) -> None:
    first = shop.core.list_secret_for_all_namespaces(limit=50)
    rest = shop.core.list_secret_for_all_namespaces(_continue=first.metadata._continue)
    assert len(first.items) == 50 and len(first.items) + len(rest.items) == len(shop.stored())
