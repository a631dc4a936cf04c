"""Help against commands, both ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from knack.help_files import helps

from tests.az_parser import loaded_az


def commands() -> tuple[dict[str, Any], set[str]]:
    """Every command with its arguments loaded, as az has them, and every group."""
    _, loader = loaded_az()
    return loader.command_table, {name for name in loader.command_group_table if name != "aks"}


TABLE, GROUPS = commands()
OURS = {name: yaml.safe_load(text) for name, text in helps.items() if name.startswith("aks kv")}


def test_there_is_help_for_every_command_and_group_and_for_nothing_else() -> None:
    assert TABLE
    assert {name for name, entry in OURS.items() if entry["type"] == "command"} == set(TABLE)
    assert {name for name, entry in OURS.items() if entry["type"] == "group"} == GROUPS


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_command_has_two_examples_that_name_it(name: str) -> None:
    examples = OURS[name]["examples"]
    assert len(examples) >= 2
    for example in examples:
        assert example["name"].strip() and example["text"].lstrip().startswith(f"az {name} "), example


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_argument_has_help(name: str) -> None:
    arguments = {key: argument.type.settings for key, argument in TABLE[name].arguments.items() if key != "cmd"}
    assert arguments and not [key for key, settings in arguments.items() if not (settings.get("help") or "").strip()]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_option_has_a_form_of_at_most_22_characters(name: str) -> None:
    for argument in TABLE[name].arguments.values():
        options = [option for option in argument.type.settings.get("options_list") or () if isinstance(option, str)]
        assert not options or min(map(len, options)) <= 22, options


def test_no_link_in_the_help_is_bare() -> None:
    """azdev's linter fetches bare links, and it shall reach nothing."""
    texts = [str(entry.get(key)) for entry in OURS.values() for key in ("short-summary", "long-summary")]
    texts += [str(a.type.settings.get("help")) for command in TABLE.values() for a in command.arguments.values()]
    assert not [text for text in texts if re.search(r"(?<!`)https?://[^\s`]+(?!`)", text)]
