"""What every emulated service stands on: tokens, operations, ids, time, routes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from emulator.core.clock import Clock
from emulator.core.http import Answer
from emulator.core.ids import Ids
from emulator.core.operations import OperationFailed, Operations
from emulator.core.resources import Resource, Resources
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.entra.tokens import TokenRefused, Tokens
from emulator.worlds.spec import SUBSCRIPTION, TENANT

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
CLUSTER = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/g/providers/Microsoft.ContainerService/managedClusters/c"


class Bench:
    """Operations on a clock that only the test moves."""

    def __init__(self) -> None:
        self.clock = Clock(NEW_YEAR, step_seconds=0)
        self.operations = Operations(self.clock, Ids("test"), retry_after=0.2)
        self.cluster = Resource(CLUSTER, {"location": "westeurope"}, NEW_YEAR)

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.operations.settle()


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield Bench()


def test_a_token_is_good_for_its_audience_until_it_expires() -> None:
    clock = Clock(NEW_YEAR, step_seconds=0)
    tokens = Tokens(clock, TENANT, lifetime_seconds=60)
    token, expires_on = tokens.issue("someone", f"{ARM}/")
    assert tokens.check(f"Bearer {token}", [ARM])["oid"] == "someone"
    assert expires_on == NEW_YEAR.timestamp() + 60
    with pytest.raises(TokenRefused) as refused:
        tokens.check(f"Bearer {token}", ["https://vault.emulator.test"])
    assert refused.value.reason == "audience"
    clock.advance(60)
    with pytest.raises(TokenRefused) as refused:
        tokens.check(f"Bearer {token}", [ARM])
    assert refused.value.reason == "expired"


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "missing"),
        ("Basic {token}", "missing"),
        ("Bearer nonsense", "malformed"),
        ("Bearer {forged}", "malformed"),
    ],
)
def test_a_token_of_another_make_is_refused(authorization: str | None, reason: str) -> None:
    tokens = Tokens(Clock(), TENANT, lifetime_seconds=60)
    token, _ = tokens.issue("someone", ARM)
    forged = token.rpartition(".")[0] + "." + "A" * 43
    with pytest.raises(TokenRefused) as refused:
        tokens.check(authorization and authorization.format(token=token, forged=forged), [ARM])
    assert refused.value.reason == reason


def test_an_operation_shows_its_statuses_and_then_succeeds(bench: Bench) -> None:
    operation = bench.operations.start(bench.cluster, ["InProgress", "ReconcilingAddons"], 10, lambda: None)
    assert bench.operations.get(operation.id.upper()) is operation
    seen = [operation.document(bench.clock.now())]
    for _ in range(2):
        assert bench.operations.running_on(CLUSTER.upper()) is operation
        bench.after(5)
        seen.append(operation.document(bench.clock.now()))
    assert [each["status"] for each in seen] == ["InProgress", "ReconcilingAddons", "Succeeded"]
    assert "endTime" not in seen[1] and seen[2]["endTime"] == "2026-01-01T00:00:10.000000Z"
    assert bench.operations.running_on(CLUSTER) is None


def test_operations_end_in_the_order_of_their_times(bench: Bench) -> None:
    ended: list[str] = []

    def second() -> None:
        ended.append("second")
        bench.operations.start(bench.cluster, ["Updating"], 0, lambda: ended.append("its follower"))

    bench.operations.start(bench.cluster, ["Updating"], 3, lambda: ended.append("third"))
    bench.operations.start(bench.cluster, ["Updating"], 2, second)
    bench.operations.start(bench.cluster, ["Updating"], 1, lambda: ended.append("first"))
    bench.after(2)
    assert ended == ["first", "second", "its follower"]
    bench.after(1)
    assert ended[3:] == ["third"]


def test_a_failed_operation_tells_why_and_a_canceled_one_has_no_effect(bench: Bench) -> None:
    def fail() -> None:
        raise OperationFailed("Broken", "It is broken.")

    failing = bench.operations.start(bench.cluster, ["Updating"], 1, fail)
    canceled = bench.operations.start(bench.cluster, ["Updating"], 1, fail)
    bench.operations.cancel(canceled)
    bench.after(1)
    assert failing.document(bench.clock.now())["error"] == {"code": "Broken", "message": "It is broken."}
    assert (failing.result, canceled.result, canceled.error) == ("Failed", "Canceled", None)


def test_pollers_are_told_where_and_when_to_ask(bench: Bench) -> None:
    operation = bench.operations.start(bench.cluster, ["Updating"], 1, lambda: None)
    provider = f"{ARM}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService"
    url = f"{provider}/locations/westeurope/operations/{operation.id}?api-version=2017-08-31"
    assert operation.headers == {"Azure-AsyncOperation": url, "x-ms-retry-after-ms": "200"}
    operation.retry_after = 2
    assert operation.pace == {"Retry-After": "2"}


def test_ids_are_the_same_in_every_run_and_differ_between_worlds() -> None:
    one, again, other = Ids("a"), Ids("a"), Ids("b")
    assert [one.next("etag"), one.next("etag")] == [again.next("etag"), again.next("etag")]
    assert one.principal("ops") == again.uuid("principal", "ops") != other.principal("ops")
    assert one.next("etag") != one.next("etag")


def test_the_clock_runs_stands_or_steps() -> None:
    steady = Clock(NEW_YEAR, step_seconds=5)
    assert steady.now() == NEW_YEAR
    steady.request_came()
    steady.advance(60)
    assert steady.now() == NEW_YEAR + timedelta(seconds=65)
    running = Clock(NEW_YEAR)
    first = running.now()
    running.request_came()
    assert NEW_YEAR <= first < running.now() < NEW_YEAR + timedelta(minutes=1)


def test_paths_and_ids_are_found_in_any_letter_case() -> None:
    routes, resources = Routes(), Resources()
    routes.route("GET", "/Groups/{name}/things/{rest:path}")(lambda _: Answer(200))
    found = routes.find("GET", "/groups/One/THINGS/a/B/")
    assert found and found[1] == {"name": "One", "rest": "a/B"}
    assert routes.find("PUT", "/groups/One/things/a") is None
    kept = resources.put(Resource(CLUSTER, {}, NEW_YEAR))
    assert resources.get(CLUSTER.upper()) is kept
    below = resources.under(f"/SUBSCRIPTIONS/{SUBSCRIPTION}", "microsoft.containerservice/MANAGEDCLUSTERS")
    assert list(below) == [kept]
    resources.remove(CLUSTER.lower())
    assert resources.get(CLUSTER) is None
