"""What `az aks kv secrets-provider` takes: the shape of names and times, and which options go together."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from typing import Any

import pytest

from azext_akskv.cli.provider import what_to_read
from azext_akskv.cli.provider_validators import (
    ASKED,
    NAMES,
    object_asked,
    object_name,
    options_of_account,
    options_of_grant,
)
from azext_akskv.cli.validators import interval, service_account
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.vault_object import ObjectType
from tests.az_parser import loaded_az

SECRET, KEY, CERT = ObjectType


@pytest.mark.parametrize(
    ("text", "version", "alias"),
    [
        ("db-pass", "", ""),
        ("db-pass/0123ABCD", "0123abcd", ""),
        ("db-pass=pass.txt", "", "pass.txt"),
        ("db-pass/0123abcd=pass_1", "0123abcd", "pass_1"),
    ],
)
def test_a_name_may_have_a_version_and_a_file(text: str, version: str, alias: str) -> None:
    assert object_asked(SECRET)(text) == AskedObject(SECRET, "db-pass", version, alias)


@pytest.mark.parametrize(
    "text",
    ["", " ", "db_pass", "/v1", "a/", "a/b/c", "a=", "a=.", "a=..x", "a=b/c", "a=b c", "=b", "a/v=", "x" * 128, "a\n"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        object_asked(CERT)(text)


def test_where_rights_are_given_a_name_stands_alone() -> None:
    assert object_name(KEY)("etcd") == AskedObject(KEY, "etcd")
    for text in ("etcd/0123", "etcd=file"):
        with pytest.raises(ArgumentTypeError, match="the name alone, etcd, is taken here"):
            object_name(KEY)(text)


def test_each_option_is_of_its_own_type() -> None:
    for shapes in (NAMES, ASKED):
        assert [shapes[option]("a").type for option in ("secrets", "keys", "certificates")] == list(ObjectType)


@pytest.mark.parametrize("text", ["1s", "90s", "2m", "1h30m", "720h"])
def test_a_length_of_time_stays_as_it_is_written(text: str) -> None:
    assert interval(text) == text


@pytest.mark.parametrize("text", ["", "90", "0s", "0.5s", "721h", "2 m", "-1m", "m", "1d", "\u0662m"])
def test_no_length_of_time(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        interval(text)


def test_a_service_account_is_named_without_its_namespace() -> None:
    assert service_account("web.v1-a") == "web.v1-a"
    for text in ("", "Web", "shop/web", "shop:web", "-web", "web-", "a..b", "x" * 254):
        with pytest.raises(ArgumentTypeError):
            service_account(text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"service_account": "web"}, "--service-account needs --identity"),
        ({"namespace": "shop"}, "goes with --service-account alone"),
        ({"namespace": "shop", "identity": "id"}, "goes with --service-account alone"),
    ],
)
def test_options_that_do_not_go_together(given: dict[str, str], said: str) -> None:
    nothing = {"service_account": None, "namespace": None, "identity": None}
    with pytest.raises(ValueError, match=said):
        options_of_grant(Namespace(**{**nothing, **given}))
    options_of_grant(Namespace(**nothing))
    options_of_account(Namespace(**{**nothing, "identity": "id", "service_account": "web", "namespace": "shop"}))


def test_without_names_everything_of_a_type_is_meant_and_without_options_all_secrets() -> None:
    one, two = AskedObject(SECRET, "a"), AskedObject(CERT, "b")
    assert what_to_read(None, None, None) == {"objects": (), "all_of": (SECRET,)}
    assert what_to_read(None, [], None) == {"objects": (), "all_of": (KEY,)}
    assert what_to_read([one, one], None, [two]) == {"objects": (one, two), "all_of": ()}
    assert what_to_read([one], [], []) == {"objects": (one,), "all_of": (KEY, CERT)}


@pytest.mark.parametrize(
    ("line", "option", "values"),
    [
        (["--secrets", "a", "b", "--secrets", "c"], "secrets", ["a", "b", "c"]),
        (["--keys"], "keys", []),
        ([], "certificates", None),
    ],
)
def test_an_option_may_be_repeated_or_stand_alone(line: list[str], option: str, values: list[str] | None) -> None:
    _, loader = loaded_az()
    settings = loader.command_table["aks kv secrets-provider grant"].arguments[option].type.settings
    assert (settings["nargs"], settings["action"]) == ("*", "extend")
    parser = _parser(settings, option)
    found: list[AskedObject] | None = getattr(parser.parse_args(line), option)
    assert (None if found is None else [each.name for each in found]) == values


def _parser(settings: dict[str, Any], option: str) -> Any:
    from argparse import ArgumentParser

    parser = ArgumentParser()
    parser.add_argument(
        f"--{option}", dest=option, nargs=settings["nargs"], action=settings["action"], type=settings["type"]
    )
    return parser


def test_what_changes_something_asks_for_consent_and_what_looks_does_not() -> None:
    _, loader = loaded_az()
    table = loader.command_table
    for verb in ("enable", "grant"):
        assert {"dry_run", "accept", "yes"} <= set(table[f"aks kv secrets-provider {verb}"].arguments)
    assert not {"dry_run", "accept", "yes"} & set(table["aks kv secrets-provider show"].arguments)


def test_a_journal_keeps_what_was_asked_for_in_a_line() -> None:
    from azext_akskv.flows.drive import asked
    from azext_akskv.model.snapshot import Wanted

    line = asked(Wanted("provider-grant", vault="kv1", objects=(AskedObject(SECRET, "a", "v1", "f"),)))
    assert "objects=(secret:a/v1=f,)" in line and "service_account" not in line
    assert str(AskedObject(CERT, "web-tls")) == "cert web-tls"
