"""`diagnose` through az's own parser and table, without a process."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from azext_akskv.cli.diagnose import diagnose
from azext_akskv.cli.validators import age, options_of_diagnose
from tests.az_parser import loaded_az
from tests.unit.model.provider.texts import block, refused


class Context:
    """As much of az's context as the handler uses."""

    def __init__(self) -> None:
        self.handlers: list[Any] = []
        self.logging = SimpleNamespace(log_level=0)
        self.only_show_errors = False
        self.enable_color = False

    def register_event(self, _name: str, handler: Any) -> None:
        self.handlers.append(handler)


def test_it_gives_the_findings_and_leaves_with_the_code_of_the_worst(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "provider.log"
    path.write_text(block(refused("ForbiddenByRbac")))
    context = Context()
    row = diagnose(SimpleNamespace(cli_ctx=context), logs=[str(path)], resource_group_name="rg", name="aks1")
    assert [finding["code"] for finding in row["findings"]] == ["forbidden-rbac"]
    with pytest.raises(SystemExit) as left:
        context.handlers[0](context)
    assert left.value.code == 4
    assert "the identity has no role on the vault" in capsys.readouterr().err


def test_a_text_without_failures_leaves_with_0(tmp_path: Path) -> None:
    path = tmp_path / "driver.log"
    path.write_text('I1122 09:14:05.713202       1 nodeserver.go:268] "node publish volume complete" pod="a/b"\n')
    context = Context()
    assert diagnose(SimpleNamespace(cli_ctx=context), logs=[str(path)])["findings"][0]["state"] == "ok"
    assert context.handlers == []


def test_an_empty_text_leaves_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.log"
    path.write_text("")
    with pytest.raises(SystemExit) as left:
        diagnose(SimpleNamespace(cli_ctx=Context()), logs=[str(path)])
    assert left.value.code == 2


def test_the_cluster_is_not_required_because_texts_may_stand_in_its_place() -> None:
    _, loader = loaded_az()
    arguments = loader.command_table["aks kv diagnose"].arguments
    required = {name for name, argument in arguments.items() if argument.type.settings.get("required")}
    assert required == set() and {"resource_group_name", "name", "logs"} <= set(arguments)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "a cluster is needed"),
        ({"name": "shop"}, "a cluster is needed"),
        ({"resource_group_name": "shop-rg"}, "a cluster is needed"),
        ({"logs": ["a.log"], "category": ["key"]}, "--category: not with --logs"),
        ({"logs": ["a.log"], "namespace": "shop"}, "--namespace: not with --logs"),
    ],
)
def test_a_cluster_or_texts_are_needed_and_do_not_mix(given: dict[str, Any], told: str) -> None:
    nothing = {"logs": None, "category": None, "namespace": None, "resource_group_name": None, "name": None}
    with pytest.raises(ValueError, match=told):
        options_of_diagnose(Namespace(**{**nothing, **given}))
    for fine in ({"logs": ["a.log"]}, {"name": "shop", "resource_group_name": "shop-rg", "namespace": "shop"}):
        options_of_diagnose(Namespace(**{**nothing, **fine}))


def test_the_categories_are_those_of_the_checks() -> None:
    from azext_akskv._params import AREAS
    from azext_akskv.flows import diagnose

    assert AREAS == diagnose.AREAS


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("2h30m", 9000), ("168h", 604800)]
)
def test_an_age_is_a_length_of_time(text: str, seconds: int) -> None:
    assert age(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "169h", "-1h", "1d", "3600", "1h\n", "h", "1e3s"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        age(text)
