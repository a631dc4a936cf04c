"""What a message tells of each item of a Secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azext_akskv.model.secret_store.partial import ItemTold, items_told, shown_message

GONE = "A secret with (name/id) web was not found"


@pytest.mark.parametrize(
    "document",
    [
        {"db": "Succeeded", "web": GONE},
        {"db": {"status": "success"}, "web": {"error": GONE}},
        {"items": {"db": {"status": "ok"}, "web": {"message": GONE}}},
        {"results": [{"name": "db", "success": True}, {"name": "web", "success": False, "error": GONE}]},
        [{"sourcePath": "db", "status": "Succeeded"}, {"sourcePath": "web", "message": GONE}],
    ],
)
def test_items_are_found_in_any_likely_form(document: Any) -> None:
    found = items_told(json.dumps(document))
    assert [(each.name, each.good) for each in found] == [("db", True), ("web", False)]
    assert found[1].text == GONE


@pytest.mark.parametrize(
    ("document", "items"),
    [
        ({"a": True, "b": False}, (ItemTold("a", True), ItemTold("b", False))),
        ({"a": None, "b": 3}, (ItemTold("a", None), ItemTold("b", None))),
        ({"a": {"status": "failed", "error": "no"}}, (ItemTold("a", False, "no; failed"),)),
        ({"a": {"error": "late"}}, (ItemTold("a", False, "late"),)),
        ({}, ()),
        ([1, "x"], ()),
        ("text", ()),
    ],
)
def test_what_is_not_said_is_not_known(document: Any, items: tuple[ItemTold, ...]) -> None:
    assert items_told(json.dumps(document)) == items


@pytest.mark.parametrize("text", ["", "{", "Secret created successfully.", "[" * 10_000])
def test_a_text_for_people_has_no_items(text: str) -> None:
    assert items_told(text) == ()


def test_there_are_no_more_than_a_screen_can_bear() -> None:
    assert len(items_told(json.dumps({str(number): "ok" for number in range(1000)}))) == 200


def test_no_credential_gets_through() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl"
    told = items_told(json.dumps({"a": f"denied for {token}", token: "ok"}))
    assert token not in repr(told) and "[hidden]" in told[0].text
    assert shown_message(f"client_secret=abc&{token}") == "client_secret=[hidden]&[hidden]"
