"""`az aks kv fix-privatelink` against the Azure in memory."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.failures import Conflict, Denied, Rejected, Unavailable
from azext_akskv.flows.fix_privatelink import FIX_PRIVATELINK
from azext_akskv.model.finding import State
from azext_akskv.model.governance import Permission
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_dns import record_id
from azext_akskv.model.snapshot import Wanted
from tests import link_worlds
from tests.builders import NOW, VAULT
from tests.fakes import FakeWorld
from tests.link_worlds import ASKED, REPAIRABLE
from tests.network_builders import (
    ADDRESS,
    ENDPOINT,
    NODES,
    SHARED,
    ZONE,
    a_link,
    a_network,
    a_peering,
    network_id,
    subnet_id,
)


def fixed(world: FakeWorld, wanted: Wanted = ASKED, accept: tuple[str, ...] = ()) -> Result:
    return world.drive(FIX_PRIVATELINK, wanted, accept=accept)


def states(result: Result) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}


def errors(result: Result) -> set[str]:
    return {each.code for each in result.findings if each.blocks}


@pytest.mark.parametrize("begin", REPAIRABLE.values(), ids=REPAIRABLE)
def test_what_is_missing_is_made_and_proved_and_a_second_run_writes_nothing(begin, tmp_path: Path) -> None:
    world = begin(tmp_path)
    result = fixed(world)
    assert (result.status, result.exit_code) == ("done", 0), result.trouble
    assert result.proofs["nodes/default"].addresses == (ADDRESS,)
    assert result.picture and result.picture.made and not result.picture.repairs
    assert not [each for each in result.findings if each.state is State.ERROR]
    world.writes.clear()
    again = fixed(world)
    assert again.status == "done" and not world.writes
    assert states(again) == {"prove-from-nodes": "done"}


def test_where_nothing_is_missing_it_is_only_proved(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    result = fixed(world)
    assert states(result) == {"prove-from-nodes": "done"} and not world.writes


def test_a_zone_is_made_before_its_record_and_linked_after_it(tmp_path: Path) -> None:
    world = link_worlds.nothing(tmp_path)
    codes = [step.code for step in fixed(world).steps]
    assert codes == [
        "look-from-nodes",
        "make-zone",
        "keep-record",
        "link-zone",
        "peer-nodes",
        "peer-endpoint",
        "prove-from-nodes",
    ]
    assert world.records[record_id(ZONE, "kv1")].creator  # by the platform, not by us


def test_a_disconnected_side_goes_first(tmp_path: Path) -> None:
    there = [step.code for step in fixed(link_worlds.disconnected_there(tmp_path)).steps if "peer" in step.code]
    assert there == ["peer-endpoint", "peer-nodes"]


def test_a_dry_run_writes_nothing_and_says_where_it_would(tmp_path: Path) -> None:
    world = link_worlds.nothing(tmp_path)
    result = world.drive(FIX_PRIVATELINK, ASKED, dry_run=True)
    assert result.status == "dry-run" and not world.writes and not world.calls["probes.probe"]
    assert result.picture and [each.code for each in result.picture.repairs][:2] == ["make-zone", "keep-record"]


def test_no_lease_is_taken_and_no_api_server_is_asked(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    assert fixed(world, dataclasses.replace(ASKED, skip_probe=True)).status == "done"
    assert not [call for call in world.calls if call.startswith(("lease.", "secrets.", "probes."))]


def test_a_pending_endpoint_needs_approve(tmp_path: Path) -> None:
    world = link_worlds.pending(tmp_path)
    refused = fixed(world)
    assert refused.status == "refused" and errors(refused) == {"endpoint-state"} and not world.writes
    approved = fixed(world, dataclasses.replace(ASKED, approve=True))
    assert approved.status == "done" and states(approved)["approve-endpoint"] == "done"
    assert world.vaults[VAULT]["properties"]["publicNetworkAccess"] == "Disabled"


def test_links_of_two_networks_are_one_step_and_each_has_its_own_peering(tmp_path: Path) -> None:
    world = link_worlds.nothing(tmp_path)
    other = network_id("batch")
    world.cluster = link_worlds.cluster_in(link_worlds.NODE_SUBNET, subnet_id(other))
    world.add(a_network(other, prefixes=["10.2.0.0/16"]))
    result = fixed(world)
    assert result.status == "done" and set(result.proofs) == {"nodes/default", "batch/default"}
    assert [step.code for step in result.steps].count("link-zone") == 1
    assert [step.code for step in result.steps].count("peer-nodes") == 2


def without_rights_on(world: FakeWorld, resource: ResourceId) -> None:
    world.around.permissions_at[str(resource).lower()] = ()


def test_what_takes_more_rights_is_handed_over_and_the_rest_is_done(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    world.add(a_network(NODES), a_network(SHARED))
    without_rights_on(world, ZONE)
    result = fixed(world)
    assert (result.status, result.exit_code) == ("waiting", 0)
    assert world.writes["networks.peer"] == 2 and not world.writes["zones.link"]
    [(words, command)] = result.hand_over
    assert "virtualNetworkLinks/write" in words and command.startswith("az network private-dns link vnet create")
    world.add(a_link(NODES))  # the other team has done its part
    assert fixed(world).status == "done"


def test_a_service_that_is_busy_is_waited_for(tmp_path: Path) -> None:
    world = link_worlds.one_way(tmp_path)
    world.faults["networks.peer"] = [
        Conflict("peer", "AnotherOperationInProgress", "Another operation is in progress."),
        Rejected("peer", "ReferencedResourceNotProvisioned", "It is in Updating state."),
    ]
    assert fixed(world).status == "done"


def test_another_refusal_is_told_with_what_was_done(tmp_path: Path) -> None:
    world = link_worlds.nothing(tmp_path)
    world.faults["networks.peer"] = [Denied("peer", "LinkedAuthorizationFailed", "no peer/action")]
    result = fixed(world)
    assert result.status == "failed" and result.trouble and "no peer/action" in result.trouble.text
    assert states(result)["link-zone"] == "done" and states(result)["prove-from-nodes"] == "skipped"
    assert fixed(world).status == "done"


def test_a_link_of_another_name_counts(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    made = lambda: world.add(a_link(NODES, name="somebody-elses"))  # noqa: E731  # the hook is called once, below
    world.moments.then["before zones.link"] = made
    assert fixed(world).status == "done"
    assert [link.id.name for link in world.links.values() if link.network == NODES] == ["somebody-elses"]


def test_what_cannot_be_looked_at_is_no_proof(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    world.blind["pool1"] = Unavailable("start the pod", "", "ImagePullBackOff")
    result = fixed(world)
    assert result.status == "failed" and result.trouble and "ImagePullBackOff" in result.trouble.text
    world.blind["pool1"] = {"resolution": "there is no getent on the node"}
    result = fixed(world)
    assert result.status == "failed" and result.trouble and "no getent" in result.trouble.text


def test_a_vault_that_is_open_and_has_no_endpoint_needs_nothing(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    world.vaults[VAULT]["properties"] |= {
        "publicNetworkAccess": "Enabled",
        "networkAcls": {"defaultAction": "Allow"},
        "privateEndpointConnections": [],
    }
    result = fixed(world)
    assert result.status == "done" and not result.steps and not world.writes


@pytest.mark.parametrize("begin", REPAIRABLE.values(), ids=REPAIRABLE)
def test_killed_anywhere_the_same_command_finishes(begin, tmp_path: Path) -> None:
    """At each write, before and after it, with the journal and without."""

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    moments = [f"{when} {write}" for when in ("before", "after") for write in _writes_of(begin(tmp_path / "whole"))]
    for number, moment in enumerate(moments):
        world = begin(tmp_path / str(number))
        world.moments.then[moment] = killed
        with pytest.raises(Killed):
            fixed(world)
        world.moments.then.clear()
        if number % 2:
            world.forget()
        assert fixed(world).status == "done", moment
        assert sum(link.network == NODES for link in world.links.values()) == 1
        assert len(world.networks[NODES].peerings) == len(world.networks[SHARED].peerings) == 1


def _writes_of(world: FakeWorld) -> list[str]:
    assert fixed(world).status == "done"
    return list(world.writes)


def test_the_endpoint_of_another_vault_is_none(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    result = fixed(world, dataclasses.replace(ASKED, private_endpoint="other-pe"))
    assert errors(result) == {"endpoint-missing"} and not world.writes
    assert fixed(world, dataclasses.replace(ASKED, private_endpoint=ENDPOINT)).status == "done"


def test_permissions_are_what_decides_who_makes_it(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    world.around.permissions_at[str(ZONE).lower()] = (Permission(("Microsoft.Network/privateDnsZones/*",)),)
    assert fixed(world).status == "done"


def test_a_hub_is_for_a_person_to_decide(tmp_path: Path) -> None:
    world, hub = link_worlds.well(tmp_path), network_id("hub")
    world.add(
        a_network(NODES, peerings=[a_peering(NODES, hub)]),
        a_network(SHARED, peerings=[a_peering(SHARED, hub)]),
        a_network(hub, peerings=[a_peering(hub, NODES), a_peering(hub, SHARED)]),
    )
    refused = fixed(world)
    assert refused.status == "refused" and errors(refused) == {"hub-route"} and not world.writes
    assert fixed(world, accept=("hub-route",)).status == "done"
    assert world.writes["networks.peer"] == 2


def test_networks_that_overlap_are_for_a_person_to_decide(tmp_path: Path) -> None:
    world = link_worlds.nothing(tmp_path)
    world.add(a_network(NODES, ["10.1.0.0/17"]))
    refused = fixed(world)
    assert refused.status == "refused" and errors(refused) == {"networks-overlap"} and not world.writes


def test_what_could_not_be_looked_at_stops_it(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    world.hidden.add(SHARED)
    refused = fixed(world)
    assert (refused.status, refused.exit_code) == ("refused", 5) and not world.writes


def test_the_cluster_is_stopped(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    world.cluster["properties"]["powerState"] = {"code": "Stopped"}  # type: ignore[index]  # it is there
    assert errors(fixed(world)) == {"cluster-stopped"}
    assert fixed(world, dataclasses.replace(ASKED, skip_probe=True)).status == "done"


def test_an_old_answer_in_a_cache_is_waited_out(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    slow = dict(world.records)
    world.moments.then["after zones.link"] = world.records.clear

    def late(_seconds: float) -> None:
        world.clock.seconds += _seconds
        if world.writes["zones.link"] and world.clock.time > NOW + timedelta(seconds=60):
            world.records.update(slow)

    world.clock.sleep = late  # type: ignore[method-assign]  # the zone's answer comes with time
    assert fixed(world).status == "done"


def test_a_cache_that_never_lets_go_is_told(tmp_path: Path) -> None:
    world = link_worlds.without_link(tmp_path)
    world.moments.then["after zones.link"] = world.records.clear
    result = fixed(world)
    assert result.status == "failed" and result.trouble and "NXDOMAIN" in result.trouble.text
    assert "120 s of waiting for DNS caches" in result.trouble.text
