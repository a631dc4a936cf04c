"""What to do about each meaning."""

from __future__ import annotations

import shlex

import pytest

from azext_akskv.model.secret_store.names import is_force_value
from azext_akskv.model.secret_store.remedies import NOT_WATCHED, TODO, Todo, Where, force_value, ready, todo_of
from azext_akskv.model.secret_store.statuses import Meaning
from tests.unit.model.secret_store.builders import NOW

WHERE = Where("shop", "my-secret", "my-class")


def all_commands(todo: Todo) -> tuple[str, ...]:
    return (*todo.see, *todo.fix, *todo.anew)


@pytest.mark.parametrize("meaning", Meaning)
def test_every_command_names_the_namespace(meaning: Meaning) -> None:
    """Two of the documents' own do not, and delete another Secret than was meant."""
    for todo in (todo_of(meaning, WHERE, NOW), ready(NOT_WATCHED, WHERE, NOW)):
        for command in all_commands(todo):
            words = shlex.split(command)
            assert words[0] == "kubectl" and ("-n" in words or "-A" in words), command
            if "-A" not in words and words[1] != "logs":
                assert words[words.index("-n") + 1] == "shop", command
            if words[1:3] == ["get", "secret"]:
                assert not {"yaml", "json"} & set(words) and ".data" not in command
                assert "annotations" not in command or command.endswith("{{$name}} {{end}}'")
            assert "{{" in command or "{" not in command.replace('{"spec":{"forceSynchronization"', "").replace(
                "{.", ""
            )


@pytest.mark.parametrize("meaning", Meaning)
def test_only_what_is_not_good_has_something_to_do(meaning: Meaning) -> None:
    assert bool(TODO[meaning].words) is bool(TODO[meaning].see) is not meaning.good


@pytest.mark.parametrize("meaning", Meaning)
def test_what_is_looked_at_first_changes_nothing(meaning: Meaning) -> None:
    assert {shlex.split(each)[1] for each in todo_of(meaning, WHERE, NOW).see} <= {"get", "describe", "logs"}


def test_the_mildest_way_deletes_no_secret_sync() -> None:
    for meaning in Meaning:
        assert not [each for each in TODO[meaning].fix if "delete secretsync" in each]


@pytest.mark.parametrize("meaning", [Meaning.LABEL, Meaning.ANNOTATION, Meaning.PATCH])
def test_the_document_deletes_secret_and_sync_and_applies_again(meaning: Meaning) -> None:
    assert todo_of(meaning, WHERE, NOW).anew == (
        "kubectl delete secret my-secret -n shop",
        "kubectl delete secretsync my-secret -n shop",
        "kubectl apply -n shop -f '<FILE>'",
    )


def test_a_wrong_class_is_deleted_with_its_sync_in_the_document() -> None:
    assert todo_of(Meaning.CLASS, WHERE, NOW).anew == (
        "kubectl delete secretsync my-secret -n shop",
        "kubectl delete secretproviderclass my-class -n shop",
        "kubectl apply -n shop -f '<FILE>'",
    )
    assert todo_of(Meaning.INPUT, WHERE, NOW).anew[0] == "kubectl delete secretsync my-secret -n shop"


def test_logs_are_those_of_the_container_that_knows() -> None:
    provider, manager = (todo_of(each, WHERE, NOW).see for each in (Meaning.PROVIDER, Meaning.INTERNAL))
    assert any(
        each.endswith("--container=provider-azure-installer") and " -n azure-secret-store " in each for each in provider
    )
    assert any(each.endswith("--container=manager") for each in manager)
    other = todo_of(Meaning.INTERNAL, Where("shop", "a", controller_namespace="elsewhere"), NOW)
    assert any(" -n elsewhere " in each for each in other.see)


def test_a_copy_is_forced_with_a_value_that_is_taken() -> None:
    assert todo_of(Meaning.PROVIDER, WHERE, NOW).fix == (
        "kubectl patch secretsync my-secret -n shop --type merge -p "
        """'{"spec":{"forceSynchronization":"20261128T120000Z"}}'""",
    )
    assert is_force_value(force_value(NOW)) and not is_force_value("2026-11-28T12:00:00Z")


def test_names_are_quoted() -> None:
    for command in all_commands(todo_of(Meaning.LABEL, Where("a b", "x; rm -rf /"), NOW)):
        assert "rm" not in shlex.split(command)


def test_what_an_akv_sync_made_is_changed_through_it_alone() -> None:
    todo = todo_of(Meaning.LABEL, Where("shop", "my-secret", akv_sync="all"), NOW)
    assert todo.fix == ("kubectl edit akvsync all -n shop",) and todo.anew == ()
    assert todo.see[0] == "kubectl describe akvsync all -n shop"
    assert todo_of(Meaning.CREATED, Where("shop", "my-secret", akv_sync="all"), NOW) == Todo()


@pytest.mark.parametrize("meaning", Meaning)
def test_whoever_deletes_is_told_what_goes(meaning: Meaning) -> None:
    todo = todo_of(meaning, WHERE, NOW)
    deletes = [each for each in (*todo.fix, *todo.anew) if "delete" in shlex.split(each)]
    assert bool(todo.caution) is bool(deletes)
