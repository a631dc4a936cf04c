"""What a command takes from az's configuration and from its own command line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from azext_akskv.cli.wiring import answer_timeout, command_line, wait_factor, workers
from azext_akskv.model.ids import BadInput


def configured(**settings: str) -> Any:
    def get(section: str, option: str, fallback: Any) -> Any:
        return settings.get(option, fallback) if section == "akskv" else fallback

    return SimpleNamespace(config=SimpleNamespace(get=get))


def test_nothing_configured_means_real_waits_and_a_few_requests_at_once() -> None:
    assert (wait_factor(configured()), workers(configured())) == (1.0, 4)


def test_waits_can_be_made_shorter() -> None:
    assert wait_factor(configured(wait_factor="0.02")) == 0.02


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_wait_factor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="wait_factor"):
        wait_factor(configured(wait_factor=text))


def test_a_service_has_75_seconds_to_answer_unless_told_otherwise() -> None:
    assert (answer_timeout(configured()), answer_timeout(configured(answer_timeout="0.5"))) == (75.0, 0.5)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", ""])
def test_an_answer_timeout_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="answer_timeout"):
        answer_timeout(configured(answer_timeout=text))


@pytest.mark.parametrize("text", ["0", "65", "-1", "2.5", "many", "٣"])
def test_a_number_of_workers_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="workers"):
        workers(configured(workers=text))


def test_the_command_can_be_pasted_again() -> None:
    arguments = ["/usr/lib/az", "aks", "kv", "kms", "enable", "-g", "my group", "--vault", "$(kv)"]
    assert command_line("aks kv kms enable", arguments) == "az aks kv kms enable -g 'my group' --vault '$(kv)'"


def test_without_a_command_line_of_its_own_the_command_is_its_name() -> None:
    assert command_line("aks kv kms show", ["/usr/bin/pytest", "-q"]) == "az aks kv kms show"
