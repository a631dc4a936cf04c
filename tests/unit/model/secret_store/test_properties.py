"""Whatever ARM or an API server sends is understood or refused as BadInput; what is understood can be judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.gateways.mount_lists import class_of
from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.connected import issuer_command, parse_connected
from azext_akskv.model.secret_store.extension import Settings, changed_settings, parse_extension, settings_of
from azext_akskv.model.secret_store.lint import lints_of, lints_of_akv_sync, lints_of_class
from azext_akskv.model.secret_store.manifests import (
    Copied,
    Setup,
    change_of,
    differences,
    essence_of_class,
    essence_of_sync,
    manifests_of,
)
from azext_akskv.model.secret_store.partial import items_told, shown_message
from azext_akskv.model.secret_store.sync import parse_akv_sync, parse_sync
from azext_akskv.model.secret_store.verdict import verdict_of
from tests.unit.model.secret_store.builders import NOW, a_condition, a_sync, an_akv_sync
from tests.unit.model.secret_store.test_connected import a_connected
from tests.unit.model.secret_store.test_extension import an_extension
from tests.unit.properties.json_of_any_shape import ANY_JSON, spoiled

_, CLASS, SYNC = manifests_of(Setup("shop", "my-class", "a", "kv", "t", "c", (Copied("my-secret", 2),)))


def of_connected(raw: Any) -> object:
    return issuer_command(parse_connected(raw))


def of_extension(raw: Any) -> object:
    found = parse_extension(raw)
    return settings_of(found), changed_settings(found, {"jitterSeconds": "1"})


def of_sync(raw: Any) -> object:
    found = parse_sync(raw)
    told = differences(SYNC, essence_of_sync(found)), lints_of(found, class_of(CLASS.body), "Opaque")
    return told, verdict_of(found, Settings(), NOW)


def of_akv_sync(raw: Any) -> object:
    return lints_of_akv_sync(parse_akv_sync(raw))


def of_class(raw: Any) -> object:
    found = class_of(raw if isinstance(raw, dict) else {})
    return lints_of_class(found), differences(CLASS, essence_of_class(found)), change_of(CLASS, raw)


READERS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "cluster": (of_connected, a_connected()),
    "extension": (of_extension, an_extension(statuses=[{"code": "a"}], errorInfo={"code": "b"})),
    "sync": (of_sync, a_sync(a_condition("PartialSync", "False", message='{"a": "b"}'), synced=10)),
    "AKV sync": (of_akv_sync, an_akv_sync()),
    "class": (of_class, {**CLASS.body, "metadata": {**CLASS.body["metadata"], "resourceVersion": "1"}}),
}


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_it_is_understood_or_refused(name: str, data: st.DataObject) -> None:
    read, good = READERS[name]
    assert repr(read(good))
    try:
        assert repr(read(data.draw(spoiled(good))))
    except BadInput as error:
        assert str(error)


@given(ANY_JSON.map(json.dumps) | st.text(max_size=200))
def test_any_message_is_read(message: str) -> None:
    assert all(each.name == shown_message(each.name) for each in items_told(message))
    assert "\n" not in shown_message(message)
