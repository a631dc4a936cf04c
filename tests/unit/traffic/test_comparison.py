"""When a recorded row and an answer agree, without the recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulator.core.http import Answer
from tests.emulator.traffic.__main__ import main
from tests.emulator.traffic.comparison import differences, keys_of
from tests.emulator.traffic.figures import COMPARED
from tests.emulator.traffic.operations import is_implemented
from tests.emulator.traffic.reason import Reason, reasons_for
from tests.emulator.traffic.recordings import Row

GROUP = "/subscriptions/s/resourceGroups/g"
VAULT = f"https://management.azure.com{GROUP}/providers/Microsoft.KeyVault/vaults/v"


def a_row(status: int = 200, answered: Any = None, url: str = VAULT, method: str = "GET") -> Row:
    document = {
        "method": method,
        "op": "microsoft.keyvault/vaults/{}",
        "url": url,
        "status": status,
        "response_body": answered,
    }
    return Row("keyvault_arm", "azure-cli:keyvault/test_one.yaml somewhere", 7, document)


def test_keys_are_the_paths_of_all_members_at_every_depth() -> None:
    body = {"value": [{"id": 1, "tags": {"Team": None}}, {"sku": {}}], "next": None, "none": []}
    assert keys_of(body) == {"value", "value[].id", "value[].tags", "value[].tags.Team", "value[].sku", "next", "none"}
    assert keys_of([[{"a": 1}]]) == {"[][].a"}
    assert keys_of("text") == keys_of(None) == set()


@pytest.mark.parametrize(
    ("recorded", "own", "different"),
    [
        (a_row(answered={"a": {"b": 1}}), Answer(200, {"a": {"b": 2}}), []),
        (a_row(answered={"a": {"b": 1}}), Answer(201, {"a": {"b": 1}}), ["status 201, not 200"]),
        (a_row(answered={"a": {"b": {"c": 1}}}), Answer(200, {"a": {}}), ["lacks a.b"]),
        (a_row(answered={"v": []}), Answer(200, {"v": [{"x": {"y": 1}}]}), ["has v[].x"]),
        (a_row(answered={"a": None}), Answer(200, {}), ["lacks a"]),
        (a_row(), Answer(200, {"a": 1}), ["has a"]),
        (
            a_row(404, {"error": {"code": "A", "message": ""}}),
            Answer(404, {"error": {"code": "B", "message": ""}}),
            ["code B, not A"],
        ),
        (
            a_row(404, {"error": {"code": "A", "message": ""}}),
            Answer(404, {"code": "A", "message": ""}),
            ["lacks error", "has code", "has message"],
        ),
    ],
)
def test_one_difference_anywhere_is_a_difference(recorded: Row, own: Answer, different: list[str]) -> None:
    assert differences(recorded, own) == different


def test_every_difference_of_a_row_needs_a_reason() -> None:
    known = Reason("old", ("lacks a.*",), ("GET microsoft.keyvault/vaults/{}",), ("test_one",))
    assert reasons_for(a_row(), ["lacks a.b", "lacks a.c[].d"], [known]) == [known, known]
    assert reasons_for(a_row(), ["lacks a.b", "has a.e"], [known]) is None
    assert reasons_for(a_row(method="PUT"), ["lacks a.b"], [known]) is None


@pytest.mark.parametrize(
    ("method", "url", "has_route"),
    [
        ("GET", VAULT, True),
        ("POST", VAULT, False),
        ("GET", "https://v.vault.azure.net/keys/k/versions", True),
        ("GET", "https://v.managedhsm.azure.net/keys/k/versions", False),
        ("GET", "https://v.vault.azure.net/secrets/s", True),
        ("GET", "https://v.vault.azure.net/storage/s", False),
        ("PUT", "https://v.vault.azure.net/keys/k/rotationpolicy", False),
        ("GET", "https://management.azure.com/subscriptions/s/providers/Microsoft.KeyVault", True),
        ("GET", "https://somewhere.else.azure.com/subscriptions/s/providers/Microsoft.KeyVault", False),
    ],
)
def test_the_routers_say_what_is_implemented(method: str, url: str, has_route: bool) -> None:
    assert is_implemented(a_row(method=method, url=url)) is has_route


def test_without_the_recordings_the_command_says_how_many_rows_were_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path / "absent") == 0
    assert f"{COMPARED} recorded rows" in capsys.readouterr().out
