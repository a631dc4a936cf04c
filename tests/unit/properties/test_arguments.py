"""Any text in any argument of any command: az's parser takes it, or ends with 2 and says what was expected."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from azext_akskv.cli import validators
from azext_akskv.model.ids import BadInput, KeyId, ResourceId
from tests.az_parser import loaded_az
from tests.unit.properties.test_texts import HOSTILE, controls

NAMED = {"resource_group_name": "rg", "name": "c"}
OURS = ("-g", "rg", "-n", "c")


def az_with_its_arguments() -> tuple[Any, list[tuple[str, str]]]:
    """The parser, and every option of every command of ours that takes a value."""
    cli, loader = loaded_az()
    cli.invocation.parser.load_command_table(cli.invocation.commands_loader)
    options = [
        (name, max(argument.type.settings["options_list"], key=len))
        for name, command in loader.command_table.items()
        for argument in command.arguments.values()
        if argument.type.settings.get("action") not in ("store_true", "store_false")
        and argument.type.settings.get("options_list")
    ]
    return cli.invocation.parser, options


PARSER, OPTIONS = az_with_its_arguments()
ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1"
KEY = "https://kv1.vault.azure.net/keys/etcd/0123456789abcdef0123456789abcdef"
ALMOST = st.builds(
    lambda good, place, text: good[:place] + text + good[place:],
    st.sampled_from([ID, KEY, "kv1", "team-a", "20261123-144501-enable", "12.5"]),
    st.integers(0, 80),
    HOSTILE,
)
ANY_TEXT = st.text() | HOSTILE | ALMOST


def test_there_are_options_to_try() -> None:
    assert {"aks kv kms enable", "aks kv reencrypt", "aks kv operation show"} <= {name for name, _ in OPTIONS}
    options = {option for _, option in OPTIONS}
    assert {"--vault", "--key", "--identity", "--namespace", "--run", "--accept", "--max-rate"} <= options


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=lambda each: each.replace(" ", "-"))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT)
@example(text="")
@example(text="\x1b[2J\x1b[31mERROR: forged\r\n\u202e")
@example(text="x" * 100_000)
def test_any_text_is_taken_or_ends_with_2(
    command: str, option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = () if command.startswith("aks kv operation") else OURS
    try:
        parsed = PARSER.parse_args([*command.split(), *place, f"{option}={text}"])
    except SystemExit as stop:
        assert stop.code == 2
    else:
        assert parsed.command == command
    assert "Traceback" not in capsys.readouterr().err


CHECKS = {
    "vault": validators.vault,
    "key": validators.key,
    "identity": validators.identity,
    "namespace": validators.namespace,
    "label": validators.label,
    "connections": validators.connections,
    "rate": validators.rate,
    "run id": validators.run_id,
    "finding code": validators.finding_code,
}


@pytest.mark.parametrize("what", CHECKS)
@given(text=ANY_TEXT)
def test_what_is_refused_is_told_without_what_could_fool_a_terminal(what: str, text: str) -> None:
    try:
        accepted = CHECKS[what](text)
    except ArgumentTypeError as error:
        assert controls(str(error)) == set() and len(str(error)) < 1500
    else:
        assert controls(str(accepted)) == set() and str(accepted).isprintable()


GIVEN = {
    "vault": r"[a-zA-Z][a-zA-Z0-9]{2,23}|"
    r"/subscriptions/[\w.-]{1,9}/RESOURCEGROUPS/[\w.-]{1,9}/providers/microsoft\.keyvault/vaults/[\w-]{1,9}",
    "key": r"[0-9a-zA-Z-]{1,127}|HTTPS://[A-Za-z.]{1,9}/keys/[a-zA-Z]{1,9}(/[A-F0-9]{32})?/?",
    "identity": r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,20}",
}


@pytest.mark.parametrize("what", GIVEN)
@given(data=st.data())
def test_what_is_accepted_means_the_same_when_it_is_given_again(what: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(GIVEN[what], re.ASCII), fullmatch=True))
    accepted = CHECKS[what](text)
    again = CHECKS[what](str(accepted))
    assert again == accepted and str(again) == str(accepted)


SEGMENT = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="/"), min_size=1, max_size=12)


@given(SEGMENT, SEGMENT, SEGMENT, st.booleans())
def test_an_id_comes_back_as_it_was_and_its_letter_case_does_not_matter(
    subscription: str, group: str, name: str, upper: bool
) -> None:
    text = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"
    parsed = ResourceId.parse(text)
    assert str(parsed) == text and parsed == ResourceId.parse(str(parsed))
    assert (parsed.subscription, parsed.group, parsed.name) == (subscription, group, name)
    if upper and text.isascii():
        assert ResourceId.parse(text.upper()) == parsed


@given(st.from_regex(r"https://[a-z0-9.-]{1,30}/keys/[0-9a-zA-Z-]{1,20}(/[0-9a-f]{32})?", fullmatch=True))
def test_a_key_identifier_comes_back_as_it_was(text: str) -> None:
    parsed = KeyId.parse(text)
    assert str(parsed) == text and KeyId.parse(str(parsed)) == parsed


@given(HOSTILE)
def test_no_id_holds_what_could_fool_a_terminal(text: str) -> None:
    for parse, good in ((ResourceId.parse, ID), (KeyId.parse, KEY)):
        try:
            parsed = parse(good + text)
        except BadInput:
            continue
        assert not {each for each in str(parsed) if each.isspace()} and controls(str(parsed)) == set()
