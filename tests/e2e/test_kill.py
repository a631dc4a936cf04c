"""kill -9 at every point of what changes KMS: the same command finishes, with the journal and without.

Points: before each journal line and after it; each changing request when it has arrived but is not performed, and when
it is performed but not answered. Every point is a test case of its own, so their number is printed by pytest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.worlds.spec import Delays
from tests.changes import CHANGING
from tests.e2e.conftest import Ended, Station

CLUSTER = ("-g", "shop-rg", "-n", "shop", "--yes")
SECRETS = 4
DELAYS = Delays(update=0.2, grant=0.0, platform_rewrite=3600.0)
"""A grant works at once: else the number of tries, and so of changes, would differ from run to run. The platform's own
rewrite comes after ours."""


@dataclass(frozen=True)
class Story:
    """A command, the world that it starts in, and how many lines and changes it makes when nothing disturbs it: pinned
    here, so that no point gets lost unseen when a flow changes. `every` 5: each fifth point is tried by default; it is
    odd, so that befores and afters take turns."""

    world: str
    command: tuple[str, ...]
    lines: int
    changes: int
    every: int = 1


STORIES = {
    "enable": Story("public-rbac", ("kms", "enable", "--vault", "shop-kv", "--key", "etcd"), 17, 12, every=5),
    "disable": Story("kms-noted", ("kms", "disable"), 15, 11, every=5),
    "rotate": Story("kms-noted", ("rotate",), 18, 12, every=5),
    "migrate-mode": Story("kms-noted-private", ("kms", "migrate-mode", "--to", "Public"), 31, 20, every=7),
    "migrate-v2": Story("legacy-v1", ("kms", "migrate-v2"), 38, 25, every=7),
    "migrate-encryption": Story(
        "modern-legacy", ("kms", "migrate-encryption", "--to", "customer-managed"), 15, 11, every=7
    ),
}


def command(story: Story) -> tuple[str, ...]:
    return ("aks", "kv", *story.command, *CLUSTER)


def points(story: Story) -> list[dict[str, Any]]:
    lines = [{"line": n, "when": when} for n in range(1, story.lines + 1) for when in ("before", "after")]
    changes = [{"nth": n, "hold": hold} for n in range(1, story.changes + 1) for hold in ("before", "after")]
    return lines + changes


WHOLE = "AKSKV_WHOLE_TABLE" in os.environ
"""Each point with the journal and without (`make reliability`); else a share of them, in turn with it and without."""


def tried(story: Story, number: int, with_journal: bool) -> bool:
    turn, rest = divmod(number, story.every)
    return WHOLE or (rest == 0 and (turn % 2 == 0) is with_journal)


CASES = [
    pytest.param(name, point, journal, id=f"{name}-{'-'.join(map(str, point.values()))}-{journal}")
    for name, story in STORIES.items()
    for number, point in enumerate(points(story))
    for journal in ("with-journal", "without-journal")
    if tried(story, number, journal == "with-journal")
]


def kill(station: Station, story: Story, point: dict[str, Any]) -> Ended:
    if "line" in point:
        return station.az(*command(story), kill=point)
    return station.az_killed_at({"method": "PUT|PATCH|POST", "path": CHANGING, **point}, *command(story))


@pytest.mark.parametrize("name", STORIES)
def test_the_points_are_all_there_are(station: Station, name: str) -> None:
    story = STORIES[name]
    station.start(story.world, secrets=SECRETS, delays=DELAYS)
    assert station.az(*command(story)).code == 0
    lines = sum(len(file.read_text().splitlines()) for file in station.journal.rglob("*.jsonl"))
    assert (lines, len(station.changes())) == (story.lines, story.changes)


@pytest.mark.parametrize(("name", "point", "journal"), CASES)
def test_the_same_command_finishes(station: Station, name: str, point: dict[str, Any], journal: str) -> None:
    story = STORIES[name]
    emulation = station.start(story.world, secrets=SECRETS, delays=DELAYS)
    assert kill(station, story, point).code == -9
    if journal == "without-journal":
        station.forget_journal()
    again = station.az(*command(story), "-o", "json")
    assert again.code == 0, again.output
    assert again.json["status"] == "done", again.output
    assert station.stale() == []
    assert station.stored_under() == ({"plain"} if name == "disable" else {station.newest_in_arm()})
    assert station.note()["akskv/proved"] == "true"
    verdict = emulation.verdict()
    assert verdict["ok"], verdict
    nothing_made_twice(station)


def nothing_made_twice(station: Station) -> None:
    performed = [each for each in station.changes() if each["method"] == "PUT" and each["status"] in (200, 201)]
    made = [each["url"].partition("?")[0].lower() for each in performed if "/roleassignments/" in each["url"].lower()]
    assert len(made) == len(set(made))


@pytest.mark.parametrize("name", STORIES)
def test_an_answer_that_is_lost_is_not_taken_for_somebody_elses_change(station: Station, name: str) -> None:
    """The SDK sends the PUT again, which the service refuses, since its own change was accepted."""
    story = STORIES[name]
    emulation = station.start(story.world, secrets=SECRETS, delays=DELAYS)
    fault = {"method": "PUT", "path": "/managedClusters/", "lose": True, "nth": 1}
    emulation.server.call(lambda: emulation.control._set_fault(fault))
    done = station.az(*command(story), "-o", "json")
    assert (done.code, done.json["status"]) == (0, "done"), done.output
    puts = [each for each in station.changes() if each["method"] == "PUT" and "/managedClusters/" in each["url"]]
    refused = [number for number, each in enumerate(puts) if each["status"] in (409, 412)]
    assert refused == [1]  # the same one again; what follows it in a long flow is sent once
