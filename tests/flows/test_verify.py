"""`secrets-provider verify` with a cluster in memory: how long it waits, when it ends, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.checks.declare import PROVIDER
from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.diagnose import diagnose
from azext_akskv.flows.verify import verify
from azext_akskv.model.finding import State
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.standing import Stage
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.verified import Verified
from tests.fake_mounts import seen_by
from tests.fakes import FakeWorld
from tests.mount_builders import SYNCED, a_class, a_pod, a_status, an_event
from tests.unit.model.test_standing import NO_CLASS

MINUTES = 60.0
WAITING = seen_by(classes=[a_class()], pods=[a_pod()])
DONE = seen_by(classes=[a_class()], pods=[a_pod()], statuses=[a_status()])
REFUSED = (
    'MountVolume.SetUp failed for volume "store" : rpc error: code = Unknown desc = failed to mount objects, error: '
    "failed to get objectType:secret, objectName:db-pass, objectVersion:: keyvault.BaseClient#GetSecret: StatusCode=403"
    ' -- Original Error: Code="Forbidden" InnerError={"code":"ForbiddenByRbac"}'
)


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path)


def watched(world: FakeWorld, looks: Sequence[Seen], *, minutes: float = 5.0, **wanted: Any) -> Verified:
    """Each look sees the next of `looks`, and the last for ever."""
    left = list(looks)
    settle: Callable[[], None] = world.settle

    def next_look() -> None:
        settle()
        if len(left) > 1 and world.calls["mounts.glance"] > len(looks) - len(left) + 1:
            left.pop(0)
        world.seen = left[0]

    world.seen = left[0]
    world.settle = next_look  # type: ignore[method-assign]  # each call of a port settles the world first
    return verify(world.world(), Wanted("show", **wanted), minutes * MINUTES)


def failed(message: str = NO_CLASS, count: int = 3, at: str = "11:58:30") -> Seen:
    event = an_event(message, count=count, lastTimestamp=f"2026-11-22T{at}Z")
    return seen_by(classes=[a_class()], pods=[a_pod()], events=[event])


def codes(found: Verified, *states: State) -> list[str]:
    return [each.code for each in found.findings if each.state in (states or (State.ERROR,))]


def test_what_is_mounted_is_not_waited_for(world: FakeWorld) -> None:
    found = watched(world, [DONE])
    assert (found.seconds, codes(found), [each.stage for each in found.standings]) == (0, [], [Stage.READY])
    assert world.calls["mounts.logs"] == 0 and not world.writes


def test_it_looks_every_few_seconds_until_all_are_mounted(world: FakeWorld) -> None:
    found = watched(world, [WAITING, WAITING, WAITING, DONE])
    assert (found.seconds, world.calls["mounts.glance"], codes(found)) == (15, 4, [])
    ticks = [each for each in world.reporter.told if each.startswith("tick")]
    assert ticks[0] == "tick Waiting for team-a/web-0, class kv (not mounted); 300 s to go"
    assert ticks[-1].endswith("290 s to go")


def test_a_look_that_takes_long_is_made_less_often(world: FakeWorld) -> None:
    settle = world.settle

    def slow() -> None:
        settle()
        world.clock.seconds += 20 * (world.calls["mounts.glance"] > slow.counted)  # type: ignore[attr-defined]  # a counter
        slow.counted = world.calls["mounts.glance"]  # type: ignore[attr-defined]  # a counter

    slow.counted = 0  # type: ignore[attr-defined]  # a counter
    world.seen, world.settle = WAITING, slow  # type: ignore[method-assign]  # for this world alone
    found = verify(world.world(), Wanted("show"), 100)
    assert (world.calls["mounts.glance"], found.seconds) == (3, 100)  # each takes 20 s, and as long is between two


def test_the_timeout_is_kept_and_what_is_left_is_told(world: FakeWorld) -> None:
    found = watched(world, [WAITING], minutes=1)
    assert (found.seconds, codes(found)[:1], found.ended) == (60, ["mount-unready"], "the time to wait was over")
    assert world.calls["mounts.look"] == 1  # the whole diagnosis once


def test_a_timeout_of_nothing_looks_once(world: FakeWorld) -> None:
    found = watched(world, [WAITING], minutes=0)
    assert (found.seconds, world.calls["mounts.glance"], codes(found)[0]) == (0, 1, "mount-unready")


def test_a_failure_ends_the_wait_only_when_it_has_come_again(world: FakeWorld) -> None:
    before, again = failed(), failed(count=4, at="11:59:30")
    found = watched(world, [before, before, again])
    assert (found.seconds, world.calls["mounts.glance"]) == (10, 3)
    assert "tried again and failed the same way" in found.ended
    assert {"mount-unready", "spc-not-found"} <= set(codes(found))
    notes = [each for each in world.reporter.told if each.startswith("note")]
    assert notes == [
        "note team-a/web-0, class kv: not mounted, the last try failed: the SecretProviderClass is not there; the "
        "driver tries again by itself"
    ]


def test_another_failure_begins_anew(world: FakeWorld) -> None:
    first, other, again = failed(), failed(REFUSED, 1, "11:59:00"), failed(count=9, at="11:59:30")
    found = watched(world, [first, other, again, again], minutes=1)
    assert (found.seconds, found.ended) == (60, "the time to wait was over")


def test_a_right_that_may_be_on_its_way_is_waited_for(world: FakeWorld) -> None:
    found = watched(world, [failed(REFUSED, count, f"11:58:{count}") for count in range(10, 20)] + [DONE])
    assert (found.seconds, codes(found)) == (50, [])


def test_one_that_is_hopeless_does_not_end_the_wait_for_the_others(world: FakeWorld) -> None:
    pods = [a_pod(), a_pod("web-1")]
    event = an_event(NO_CLASS, count=3)
    both = seen_by(classes=[a_class()], pods=pods, events=[event])
    more = seen_by(classes=[a_class()], pods=pods, events=[{**event, "count": 5}])
    one = seen_by(classes=[a_class()], pods=pods, events=[{**event, "count": 6}], statuses=[a_status("web-1")])
    found = watched(world, [both, more, more, one])
    assert (found.seconds, [each.stage for each in found.standings]) == (15, [Stage.NO_MOUNT, Stage.READY])


def test_the_explanation_is_diagnoses_of_what_did_not_mount_alone(world: FakeWorld) -> None:
    bad = a_class("bad", "team-b")
    bad["spec"]["parameters"]["keyvaultName"] = ""
    bad_pod = a_pod("db-0", "team-b")
    bad_pod["spec"]["volumes"][0]["csi"]["volumeAttributes"]["secretProviderClass"] = "bad"
    strange = a_class("spare", "team-b")
    strange["spec"]["parameters"]["useVMManagedIdentity"] = "perhaps"
    whole = seen_by(classes=[a_class(), bad, strange], pods=[a_pod(), bad_pod], statuses=[a_status()])
    found = watched(world, [whole], minutes=0)
    assert codes(found)[0] == "mount-unready" and [each.stage.settled for each in found.standings] == [True, False]
    assert codes(found, State.WARNING).count("class-unused") == 1
    told = {each.text for each in found.diagnosed.all if each.state is State.ERROR}
    world.settle, world.seen = (lambda: None), seen_by(classes=[bad], pods=[bad_pod])  # type: ignore[method-assign]  # for good
    alone = diagnose(world.world(), Wanted("show", namespaces=("team-b",)), (PROVIDER,))
    assert told == {each.text for each in alone.all if each.state is State.ERROR} and told
    assert not any("perhaps" in each for each in told)


def test_a_secret_with_fewer_keys_says_which_the_class_declares(world: FakeWorld) -> None:
    wanted = [{**SYNCED[0], "data": [*SYNCED[0]["data"], {"objectName": "web-tls", "key": "user"}]}]
    classes, secrets = [a_class(secretObjects=wanted)], [SyncedSecret("team-a", "db", "Opaque", 1)]
    found = watched(
        world, [seen_by(classes=classes, pods=[a_pod()], statuses=[a_status()], secrets=secrets)], minutes=0
    )
    [told] = [each for each in found.own if each.code == "mount-unready"]
    assert "db has 1, and the class declares 2: password, user" in told.text
    assert told.command == "kubectl get secret db --show-labels --namespace team-a"


def test_no_class_says_which_command_makes_one(world: FakeWorld) -> None:
    found = watched(world, [seen_by()], namespaces=("shop",), class_name="kv")
    [told] = found.own
    assert (told.code, told.state, found.seconds) == ("class-absent", State.ERROR, 0)
    assert told.command.endswith("--vault '<VAULT>' --namespace shop --class-name kv")
    assert "secrets-provider generate" in told.command and "SecretProviderClass kv for Azure in the" in told.text


def test_a_class_without_pods_gets_half_a_minute_for_one_to_come(world: FakeWorld) -> None:
    unused = seen_by(classes=[a_class()])
    found = watched(world, [unused])
    assert (found.seconds, codes(found)) == (30, ["class-unused"])
    assert "--vault shop-kv --namespace team-a --class-name kv --workload pod" in found.own[0].command
    assert any("a pod that mounts team-a/kv" in each for each in world.reporter.told)


def test_a_pod_that_comes_is_waited_for(world: FakeWorld) -> None:
    found = watched(world, [seen_by(classes=[a_class()]), WAITING, DONE])
    assert (found.seconds, codes(found)) == (10, [])


def test_an_api_server_that_is_away_for_a_while_is_waited_for(world: FakeWorld) -> None:
    world.faults["mounts.glance"] = []
    world.seen = WAITING
    settle = world.settle

    def away() -> None:
        settle()
        if world.calls["mounts.glance"] == 1:
            world.faults["mounts.glance"] = [Unavailable("list the pods", "", "no answer")]
        elif world.calls["mounts.glance"] > 2:
            world.seen = DONE

    world.settle = away  # type: ignore[method-assign]  # each call of a port settles the world first
    found = verify(world.world(), Wanted("show"), 300)
    assert (found.seconds, codes(found)) == (10, [])


def test_what_may_not_be_looked_at_is_unknown_at_once(world: FakeWorld) -> None:
    world.faults["mounts.glance"] = [Denied("list the pods", "Forbidden", "no right")]
    found = verify(world.world(), Wanted("show"), 300)
    assert (found.seconds, codes(found, State.UNKNOWN), codes(found)) == (0, ["mount-unseen"], [])
    assert "no right" in found.own[0].text


def test_a_cluster_that_is_stopped_is_not_asked(world: FakeWorld) -> None:
    assert world.cluster
    world.cluster["properties"]["powerState"] = {"code": "Stopped"}
    found = verify(world.world(), Wanted("show"), 300)
    assert codes(found, State.UNKNOWN) == ["mount-unseen"] and "cluster-stopped" in codes(found, State.WARNING)
    assert world.calls["mounts.glance"] == 0


def test_a_cluster_that_is_not_there_is_told(world: FakeWorld) -> None:
    world.cluster = None
    assert codes(verify(world.world(), Wanted("show"), 300)) == ["cluster-missing"]
