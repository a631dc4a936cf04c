"""The scripts in tests/e2e/document against the document, and docs/seed-deviations.rst against the scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.document import scripts

STORIES = Path(__file__).with_name("test_document.py")


def test_the_scripts_hold_every_command_of_the_document_in_its_order() -> None:
    if not scripts.DOCUMENT.exists():
        pytest.skip(f"not compared: the document {scripts.DOCUMENT.name} is not beside this checkout")
    commands = scripts.document_commands(scripts.DOCUMENT.read_text())
    covered = scripts.covered(scripts.deviations())
    assert [text for number in sorted(covered) for text in covered[number]] == commands
    assert scripts.counts(commands).skipped == 0


def test_every_story_keeps_the_documents_order_but_for_what_is_listed_as_moved() -> None:
    moved = {one.name for one in scripts.deviations() if one.moved}
    for script in scripts.all_scripts():
        blocks = list(scripts.blocks(script))
        in_place = [one.number for one in blocks if not moved & {each.deviation for each in one.commands}]
        assert in_place == sorted(in_place), script.name
        assert len({(one.number, one.heading) for one in blocks}) == len({one.number for one in blocks}), script.name


def test_every_deviation_is_listed_once_and_used_as_it_is_listed() -> None:
    listed = scripts.deviations()
    assert len({one.name for one in listed}) == len(listed)
    used = {
        (one.deviation, one.text)
        for script in scripts.all_scripts()
        for block in scripts.blocks(script)
        for one in block.commands
        if one.deviation
    }
    assert used == {(one.name, one.ours) for one in listed}


def test_the_figures_in_the_docs_are_those_of_the_scripts() -> None:
    assert f"\n    {scripts.counts(None)}\n" in scripts.DEVIATIONS.read_text()


def test_every_script_is_run_by_a_story() -> None:
    stories = STORIES.read_text()
    assert [script.stem for script in scripts.all_scripts() if f'"{script.stem}"' not in stories] == []
