"""A quarter of a diagonal through the table of docs/reliability.rst, the endings of updates, and the page's own age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import reliability_page
from tests.e2e.asked import Asked, template_of
from tests.e2e.conftest import Station
from tests.e2e.faults import KINDS
from tests.e2e.gone_wrong import ENDINGS, Ending
from tests.e2e.ordeal import COMPLETED, STOPPED, Ordeal, Outcome
from tests.e2e.stories import STORIES, Story
from tests.kubectl import needs_kubectl

LEGAL = {"c", "r", "s1", "s4", "s5"}
ENABLE, DISABLE = STORIES[:2]
ENDED = [(ENABLE, each) for each in ENDINGS] + [(DISABLE, each) for each in ENDINGS if each.change]
"""How a poll or the PUT is answered is taken alike whatever the update is."""


@pytest.fixture(scope="module")
def ordeal(station: Station) -> Ordeal:
    return Ordeal(station)


def marked(story: Story) -> Any:
    return pytest.param(story, id=story.name, marks=needs_kubectl if "run-command" in story.command else ())


@pytest.mark.parametrize("story", [marked(story) for story in STORIES])
def test_each_request_failing_in_one_way(ordeal: Ordeal, story: Story) -> None:
    """Of every fourth request the first time, for the time that all take; the kinds of faults take turns, so that each
    is used. `make reliability` has all of both."""
    turn = STORIES.index(story)
    for number, asked in enumerate(list(firsts(ordeal, story))[turn % 4 :: 4]):
        kind = KINDS[(number + turn) % len(KINDS)]
        assert isinstance(ordeal.case(story, asked, kind), Outcome), (asked.title, kind.name)


def firsts(ordeal: Ordeal, story: Story) -> Iterator[Asked]:
    """The requests whose kind no story before it has; disabling is a story of its own."""
    before = [each for each in STORIES[: STORIES.index(story)] if each.turns_on == story.turns_on]
    known = {(asked.site, asked.title) for each in before for asked in ordeal.asked(each)}
    for asked in ordeal.asked(story):
        if (asked.site, asked.title) not in known:
            known.add((asked.site, asked.title))
            yield asked


@pytest.mark.parametrize(("story", "ending"), ENDED, ids=lambda each: each.name.replace(" ", "-"))
def test_an_update_that_ends_otherwise(ordeal: Ordeal, story: Story, ending: Ending) -> None:
    assert ordeal.ending(story, ending) == (Outcome(STOPPED, 1) if ending.code else Outcome(COMPLETED, 0))


@needs_kubectl
def test_the_page_shows_the_requests_and_faults_of_today(ordeal: Ordeal) -> None:
    """`make reliability` writes it."""
    shown = reliability_page.shown()
    today = {(story.name, asked.after, reliability_page.label(asked)): asked for story, asked in ordeal.rows()}
    assert set(shown) == set(today)
    for key, cells in shown.items():
        expected = {kind.name: kind.suits(today[key]) for kind in KINDS}
        assert {kind: outcome != "-" for kind, outcome in cells.items()} == expected
        assert set(cells.values()) <= {*LEGAL, "-"}


def test_names_in_paths_are_told_from_types() -> None:
    subscription = "/subscriptions/1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
    template = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}"
    assignment = "/providers/Microsoft.Authorization/roleAssignments/"
    assert template_of("arm", f"https://a{subscription}/keys/k/versions/1?x=y") == f"{template}/keys/{{}}/versions/{{}}"
    assert template_of("arm", f"https://a{subscription}{assignment}7") == f"{template}{assignment}{{}}"
    assert template_of("kubernetes", "https://k/api/v1/namespaces/a/secrets/b") == "/api/v1/namespaces/{}/secrets/{}"
    assert template_of("kubernetes", "https://k/readyz") == "/readyz"
    assert template_of("keyvault", "https://v/keys/k/versions") == "/keys/{}/versions"
