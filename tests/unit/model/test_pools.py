"""Where the nodes are, by the cluster's own document."""

from __future__ import annotations

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.pools import locked_down, provider_principal, subnets_of
from tests.builders import a_cluster
from tests.network_builders import NODE_SUBNET


def test_pools_of_one_subnet_are_one_place_and_windows_is_none() -> None:
    pools = [
        {"name": "system", "vnetSubnetID": str(NODE_SUBNET).upper()},
        {"name": "work", "osType": "Linux", "vnetSubnetID": str(NODE_SUBNET)},
        {"name": "win", "osType": "Windows", "vnetSubnetID": str(NODE_SUBNET)},
        {"name": "own"},
    ]
    assert subnets_of(a_cluster(agentPoolProfiles=pools)) == {NODE_SUBNET: ("system", "work"), None: ("own",)}


def test_a_subnet_that_is_no_id_is_bad_input() -> None:
    with pytest.raises(BadInput):
        subnets_of(a_cluster(agentPoolProfiles=[{"name": "odd", "vnetSubnetID": "default"}]))


def test_a_lockdown_is_read_only() -> None:
    assert not locked_down(a_cluster()) and not locked_down(
        a_cluster(nodeResourceGroupProfile={"restrictionLevel": "Unrestricted"})
    )
    assert locked_down(a_cluster(nodeResourceGroupProfile={"restrictionLevel": "ReadOnly"}))


def test_the_provider_has_an_identity_while_its_addon_is_on() -> None:
    def with_addon(**addon: object) -> str | None:
        return provider_principal(a_cluster(addonProfiles={"azureKeyvaultSecretsProvider": addon}))

    assert with_addon(enabled=True, identity={"objectId": "o1"}) == "o1"
    assert with_addon(enabled=False, identity={"objectId": "o1"}) is None
    assert with_addon(enabled=True) is None and provider_principal(a_cluster()) is None
