"""Whatever an API server or a command sends of mounts is understood or refused as BadInput, and no look fails on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azext_akskv.gateways.mount_lists import LISTS, Items, class_of, places_of, seen_of
from azext_akskv.gateways.mount_secrets import table_rows
from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.consumer import parse_consumer, parse_mounted
from azext_akskv.model.mounts.inside_report import Part, items_of, parts_of
from azext_akskv.model.mounts.installed import parse_csi_node, parse_driver, parse_node, parse_system_pod
from azext_akskv.model.mounts.pod_event import parse_event
from azext_akskv.model.mounts.synced import parse_account
from azext_akskv.model.pod_report import Gap, parse_report
from tests.mount_builders import (
    NODE,
    SYNCED,
    a_class,
    a_csi_driver,
    a_csi_node,
    a_driver_pod,
    a_node,
    a_pod,
    a_status,
    an_account,
    an_event,
    unplaced,
)
from tests.unit.properties.json_of_any_shape import ANY_JSON, spoiled

Json = dict[str, Any]
DECODERS: dict[str, tuple[Callable[[Json], object], Json]] = {
    "node": (parse_node, a_node(taints=[{"key": "a", "effect": "NoSchedule"}])),
    "csi node": (parse_csi_node, a_csi_node()),
    "driver": (parse_driver, a_csi_driver()),
    "system pod": (parse_system_pod, unplaced(a_driver_pod(), NODE)),
    "running system pod": (parse_system_pod, a_driver_pod()),
    "class": (class_of, a_class(secretObjects=SYNCED)),
    "consumer": (parse_consumer, a_pod()),
    "status": (parse_mounted, a_status()),
    "event": (parse_event, an_event(series={"count": 2, "lastObservedTime": "2026-11-22T11:58:30Z"})),
    "account": (parse_account, an_account()),
}
SAMPLES = {
    "nodes": a_node(),
    "csinodes": a_csi_node(),
    "system": a_driver_pod(),
    "classes": a_class(secretObjects=SYNCED),
    "statuses": a_status(),
    "pods": a_pod(),
    "events": an_event(),
}


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.data())
def test_a_decoder_understands_or_refuses(name: str, data: st.DataObject) -> None:
    decode, good = DECODERS[name]
    raw = data.draw(spoiled(good).filter(lambda each: isinstance(each, dict)))
    try:
        found = decode(raw)
    except BadInput:
        return
    assert repr(found)


@given(
    st.fixed_dictionaries(
        {
            name: st.lists(spoiled(good).filter(lambda each: isinstance(each, dict)), max_size=2)
            for name, good in SAMPLES.items()
        }
    )
)
@settings(max_examples=60, deadline=None)
def test_a_look_has_each_part_or_says_why_not(lists: dict[str, list[Json]]) -> None:
    seen = seen_of(None, Items([a_csi_driver()]), {name: Items(lists[name]) for name in LISTS})
    places_of(seen)
    for part in (seen.installed.nodes, seen.installed.pods, seen.classes, seen.consumers, seen.mounted, seen.events):
        assert part.known or str(part.gap).startswith("cannot read the ")


@given(ANY_JSON.map(json.dumps) | st.text(max_size=60) | st.text(alphabet='\\xUav0f{}":,[]null', max_size=40))
def test_a_line_of_the_script_is_an_object_or_refused(line: str) -> None:
    with suppress(BadInput):
        assert all(isinstance(each, dict) for each in items_of(Part(line)))


LINES = st.sampled_from(
    [
        "akskv data H4sIAAAA",
        "akskv data QUJD",
        "akskv whole nodes ",
        "akskv gap events Forbidden x",
        "akskv gap",
        "noise",
    ]
)


@given(st.lists(LINES, max_size=8))
def test_parts_are_found_or_refused(lines: list[str]) -> None:
    report = parse_report("\n".join(["akskv begin 1 mounts", *lines, "akskv end mounts done", ""]))
    with suppress(BadInput):
        assert all(name and isinstance(each, Part | Gap) for name, each in parts_of(report).items())


@given(st.lists(ANY_JSON, max_size=4), st.permutations(["Name", "Type", "Data", "Age"]))
def test_rows_of_a_table_have_texts_and_numbers(values: list[Any], names: list[str]) -> None:
    cells = [*values, *[None] * (4 - len(values))]
    table = {"columnDefinitions": [{"name": name} for name in names], "rows": [{"cells": cells}]}
    [(name, kind, entries)] = table_rows(table)
    assert isinstance(name, str) and isinstance(kind, str) and (entries is None or type(entries) is int)
