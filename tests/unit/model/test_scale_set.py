"""Which pool a scale set holds, and the identities of its nodes."""

from __future__ import annotations

import pytest

from azext_akskv.model.ids import BadInput, identity_id
from azext_akskv.model.scale_set import identity_added, parse_scale_set, pool_of
from tests.builders import IDENTITY, SUBSCRIPTION
from tests.fake_provider import a_scale_set

OTHER = identity_id(SUBSCRIPTION, "rg1", "id2")


@pytest.mark.parametrize(
    ("name", "tags", "pool"),
    [
        ("aks-nodepool1-31337000-vmss", {}, "nodepool1"),
        ("akswin", {}, "win"),
        ("aks-nodepool1-31337000-vmss", {"aks-managed-poolName": "work"}, "work"),
        ("aks-nodepool1-31337000-vmss", {"AKS-Managed-PoolName": "work", "poolName": "old"}, "work"),
        ("aks-nodepool1-31337000-vmss", {"poolName": "old"}, "old"),
        ("aks-nodepool1-31337000-vmss", {"aks-managed-poolName": ""}, "nodepool1"),
        ("mine", {"team": "shop"}, ""),
        ("aks-nodepool1-313-vmss", {}, ""),
    ],
)
def test_a_pool_is_told_by_its_tag_else_by_its_name(name: str, tags: dict[str, str], pool: str) -> None:
    assert pool_of(name, tags) == pool


def test_identities_are_found_in_any_letter_case() -> None:
    raw = {
        "id": str(a_scale_set().id),
        "identity": {
            "type": "systemAssigned, userAssigned",
            "principalId": "own",
            "userAssignedIdentities": {str(IDENTITY).lower(): {"clientId": "C-1", "principalId": "p1"}},
        },
    }
    found = parse_scale_set(raw)
    assert found.has(IDENTITY) and not found.has(OTHER) and found.system_principal == "own"
    assert found.with_client_id("c-1") and found.with_client_id("c-2") is None and found.with_client_id("") is None


def test_a_scale_set_without_identities_has_none() -> None:
    found = parse_scale_set({"id": str(a_scale_set().id), "identity": None})
    assert not found.identities and not found.has_system_identity
    assert identity_added(found, OTHER)["identity"]["type"] == "UserAssigned"


def test_an_identity_that_is_no_id_is_bad_input() -> None:
    with pytest.raises(BadInput):
        parse_scale_set({"id": str(a_scale_set().id), "identity": {"userAssignedIdentities": {"x": {}}}})
