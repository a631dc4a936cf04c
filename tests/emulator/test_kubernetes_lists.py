"""The Kubernetes API: lists in pages, selectors, Tables."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.kubernetes.tables import age
from tests.emulator.data_planes import HERE, SECRETS, TABLE, Api, names, new_api, small_world


def test_a_table_without_objects_carries_no_value(api: Api) -> None:
    marker = base64.b64encode(b"correct-horse-battery")
    plain = json.dumps(api("GET", SECRETS).body).encode()
    assert marker in plain and b"last-applied-configuration" in plain
    table = api("GET", SECRETS, accept=TABLE, includeobject="None").body
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    assert {row["object"] for row in table["rows"]} == {None}
    assert ["mine", "Opaque", 1, "0s"] in [row["cells"] for row in table["rows"]]
    written = json.dumps(table).encode()
    assert marker not in written and b"correct-horse" not in written


def test_tables_and_metadata_carry_annotations_unless_told_otherwise(api: Api) -> None:
    rows = api("GET", SECRETS, accept=TABLE).body["rows"]
    assert {row["object"]["kind"] for row in rows} == {"PartialObjectMetadata"}
    assert any("correct-horse" in json.dumps(row["object"]["metadata"]) for row in rows)
    whole = api("GET", f"{HERE}/mine", accept=TABLE, includeobject="Object").body["rows"][0]["object"]
    assert whole == api.secret("mine")
    partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    assert set(api("GET", f"{HERE}/mine", accept=partial).body) == {"kind", "apiVersion", "metadata"}
    several = api("GET", SECRETS, accept=partial.replace("Metadata", "MetadataList")).body
    assert several["kind"] == "PartialObjectMetadataList" and "data" not in several["items"][0]


def test_the_table_of_a_patch_has_the_objects_own_version(api: Api) -> None:
    headers = {**api.headers, "content-type": "application/merge-patch+json"}
    patch = {"metadata": {"labels": {"x": "1"}}}
    table = Api(api.world, api.server, headers)("PATCH", f"{HERE}/mine", patch, TABLE, includeobject="None").body
    assert table["metadata"]["resourceVersion"] == api.secret("mine")["metadata"]["resourceVersion"]
    assert len(table["rows"]) == 1


def test_an_answer_in_another_format_is_not_to_be_had(api: Api) -> None:
    assert api("GET", SECRETS, accept="application/vnd.kubernetes.protobuf").status == 406
    offers = f"application/vnd.kubernetes.protobuf,{TABLE},application/json"
    assert api("GET", SECRETS, accept=offers).body["kind"] == "Table"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"labelselector": "a=1"}, ["one", "three"]),
        ({"labelselector": "a==1,b"}, ["three"]),
        ({"labelselector": "a!=1,a"}, ["two"]),
        ({"labelselector": "a in (1, 2),!b"}, ["one", "two"]),
        ({"labelselector": "a notin (1),a"}, ["two"]),
        ({"fieldselector": "metadata.name=two"}, ["two"]),
        ({"fieldselector": "type=special"}, ["three"]),
        ({"fieldselector": "metadata.namespace!=default,type=special"}, []),
    ],
)
def test_selectors_choose(query: dict[str, str], found: list[str]) -> None:
    api = new_api(small_world(), count=0)
    for name, labels, kind in (
        ("one", {"a": "1"}, "Opaque"),
        ("two", {"a": "2"}, "Opaque"),
        ("three", {"a": "1", "b": "1"}, "special"),
    ):
        api("POST", HERE, {"metadata": {"name": name, "labels": labels}, "type": kind})
    assert sorted(names(api("GET", SECRETS, **query).body)) == sorted(found)


@pytest.mark.parametrize("query", [{"labelselector": "a=1=2 x"}, {"fieldselector": "data.a=1"}, {"limit": "x"}])
def test_a_selector_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api("GET", SECRETS, **query).status == 400


def pages(api: Api, limit: str) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        page = api("GET", SECRETS, limit=limit, **{"continue": token}).body
        yield page
        token = page["metadata"].get("continue", "")
        if not token:
            return


def test_pages_show_one_moment_in_the_order_of_etcd(api: Api) -> None:
    whole = api("GET", SECRETS).body
    seen = []
    for number, page in enumerate(pages(api, "5")):
        seen += page["items"]
        assert page["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"]
        assert page["metadata"].get("remainingItemCount", 0) == len(whole["items"]) - len(seen)
        if number == 0:  # none of this is in the pages that follow
            api.create("aaa", namespace="team-b")
            api("DELETE", f"{HERE}/mine")
            last = seen[-1]["metadata"]
            api.patch(f"/api/v1/namespaces/{last['namespace']}/secrets/{last['name']}", {"immutable": True})
    assert seen == whole["items"]
    keys = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in seen]
    assert keys == sorted(keys)


def test_an_old_continue_token_is_gone_and_leads_on_without_a_snapshot(api: Api) -> None:
    first = api("GET", SECRETS, limit="5").body
    everything = names(api("GET", SECRETS).body)
    for _ in range(3):
        api.world.clock.advance(301)
        api.patch(f"{HERE}/mine", {"metadata": {"labels": {"at": str(api.world.clock.now().timestamp())}}})
    token = first["metadata"]["continue"]
    gone = api("GET", SECRETS, limit="5", **{"continue": token})
    assert (gone.status, gone.body["reason"]) == (410, "Expired")
    assert gone.body["message"].startswith("The provided continue parameter is too old to display a consistent list")
    rest = api("GET", SECRETS, **{"continue": gone.body["metadata"]["continue"]})
    assert names(first) + names(rest.body) == everything
    assert int(rest.body["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    exact = api("GET", SECRETS, resourceversion=first["metadata"]["resourceVersion"], resourceversionmatch="Exact")
    assert (exact.status, exact.body["reason"]) == (410, "Expired")


@pytest.mark.parametrize("token", ["%%%", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0"])
def test_a_continue_token_that_is_none_is_refused(api: Api, token: str) -> None:
    answer = api("GET", SECRETS, **{"continue": token})
    assert answer.status == 400 and "continue key is not valid" in answer.body["message"]


def test_resource_version_zero_answers_from_the_cache_and_knows_no_limit(api: Api) -> None:
    assert len(api("GET", SECRETS, resourceversion="0", limit="5").body["items"]) == 13
    assert api("GET", SECRETS, resourceversion="999999999").status == 504
    then = api("GET", SECRETS).body["metadata"]["resourceVersion"]
    api("DELETE", f"{HERE}/mine")
    assert "mine" in names(api("GET", SECRETS, resourceversion=then, resourceversionmatch="Exact").body)
    assert "mine" not in names(api("GET", SECRETS, resourceversion=then).body)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (119, "119s"), (190, "3m10s"), (660, "11m"), (7200, "120m"), (11000, "3h3m"), (30000, "8h"),
     (172800, "2d"), (180000, "2d2h"), (864000, "10d"), (63072000, "2y"), (70000000, "2y80d"), (320000000, "10y")],
)  # fmt: skip
def test_ages_are_written_as_kubectl_writes_them(seconds: int, text: str) -> None:
    assert age(seconds) == text
