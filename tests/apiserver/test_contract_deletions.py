"""The same cases on the emulated and on the real Kubernetes API: a Secret is deleted as it was seen, and never read."""

from __future__ import annotations

import pytest

from azext_akskv.failures import Conflict, Rejected
from azext_akskv.gateways.store_secrets import delete_secret, row_of, rows_of
from azext_akskv.model.secret_store.seen import SYNC_LABEL, SecretRow
from tests.apiserver.shop import HERE, TABLE, Shop

DATA = {"data": {"a": "Yg==", "c": "ZA=="}}


@pytest.fixture
def row(shop: Shop, through_proxy: None) -> SecretRow:
    """Of a fresh secret that is a copy, by its label."""
    shop("DELETE", f"{HERE}/copied")
    body = {"metadata": {"name": "copied", "labels": {SYNC_LABEL: "copied"}}, "type": "Opaque", **DATA}
    assert shop("POST", HERE, body).status == 201
    found = row_of(shop.ours().ask, "default", "copied")
    assert found
    return found


def test_a_row_has_the_version_and_the_label(shop: Shop, row: SecretRow) -> None:
    assert row == SecretRow("default", "copied", "Opaque", 2, True, str(shop("GET", f"{HERE}/copied").version))
    rows = rows_of(shop.ours().ask, "default").get()
    assert [each.name for each in rows if each.labelled] == ["copied"]
    assert row_of(shop.ours().ask, "default", "none") is None


def test_a_rehearsed_deletion_tells_the_uid_and_deletes_nothing(shop: Shop, row: SecretRow) -> None:
    before = shop("GET", f"{HERE}/copied").body["metadata"]
    body = {"dryRun": ["All"], "preconditions": {"resourceVersion": row.version}}
    accept = f"{TABLE},application/json"
    told = shop("DELETE", f"{HERE}/copied", body, accept=accept, dryRun="All", includeObject="None")
    assert told.status == 200 and told.body["kind"] == "Status" and told.body["details"]["uid"] == before["uid"]
    assert shop("GET", f"{HERE}/copied").body["metadata"]["resourceVersion"] == row.version


def test_it_is_deleted_only_as_it_was_seen(shop: Shop, row: SecretRow) -> None:
    shop("PATCH", f"{HERE}/copied", {"metadata": {"labels": {"x": "1"}}})
    with pytest.raises(Conflict):
        delete_secret(shop.ours().ask, row)
    assert shop("GET", f"{HERE}/copied").status == 200
    again = row_of(shop.ours().ask, "default", "copied")
    assert again
    delete_secret(shop.ours().ask, again)
    assert shop("GET", f"{HERE}/copied").status == 404
    delete_secret(shop.ours().ask, again)


@pytest.mark.parametrize("shop", ["real"], indirect=True)  # the emulated API knows no finalizers of Secrets
def test_one_that_finalizers_hold_back_is_not_shown_and_stays(shop: Shop, row: SecretRow) -> None:
    shop("PATCH", f"{HERE}/copied", {"metadata": {"finalizers": ["shop.example/keep"]}})
    held = row_of(shop.ours().ask, "default", "copied")
    assert held
    with pytest.raises(Rejected) as refused:
        delete_secret(shop.ours().ask, held)
    assert refused.value.code == "no-uid"
    metadata = shop("GET", f"{HERE}/copied").body["metadata"]
    assert metadata["resourceVersion"] == held.version and "deletionTimestamp" not in metadata
    shop("PATCH", f"{HERE}/copied", {"metadata": {"finalizers": None}})
