"""Who is asked, where, and what counts as a yes."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest
from azure.cli.core.mock import DummyCli

from azext_akskv.cli.consent import NoTerminal, asker


class Typed(io.StringIO):
    """Someone at a terminal who types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def cli(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[DummyCli]:
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path_factory.mktemp("az")))
    monkeypatch.setenv("AZURE_CORE_COLLECT_TELEMETRY", "no")
    yield DummyCli()


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("n\n", False), ("what\nY\n", True), ("", False)])
def test_the_question_is_put_on_stderr_and_the_end_of_input_is_a_no(
    cli: DummyCli,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    answer: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    assert asker(cli, yes=False)("Turn on KMS?", "") is answer
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("Turn on KMS? (y/n): ")


@pytest.mark.parametrize(("typed", "answer"), [("shop\n", True), ("y\n", False), ("Shop\n", False), ("", False)])
def test_where_there_is_no_way_back_the_name_has_to_be_typed(
    cli: DummyCli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, answer: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    assert asker(cli, yes=False)("No way back?", "shop") is answer
    out, err = capsys.readouterr()
    assert out == "" and "Type shop to go on" in err


def test_without_a_terminal_nobody_is_asked(cli: DummyCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(NoTerminal):
        asker(cli, yes=False)("Turn on KMS?", "")


def test_yes_answers_the_question(cli: DummyCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert asker(cli, yes=True)("Turn on KMS?", "shop") is True


def test_azs_own_setting_answers_it_too(cli: DummyCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "yes")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert asker(cli, yes=False)("Turn on KMS?", "") is True


def test_azs_own_setting_does_not_stand_for_a_word_to_be_typed(cli: DummyCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "yes")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(NoTerminal):
        asker(cli, yes=False)("No way back?", "shop")
