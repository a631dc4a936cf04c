"""Whatever goes wrong ends as an error of az that says what to do, with the exit code that is promised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from azure.cli.core import azclierror
from azure.cli.core.util import handle_exception
from knack.util import CLIError

from azext_akskv.cli.errors import leave_with, speaking_azure
from azext_akskv.engine.journal import Busy, JournalTrouble
from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    LostTrack,
    Missing,
    OperationFailed,
    Rejected,
    Throttled,
    TookTooLong,
    Unavailable,
    Unreadable,
)
from azext_akskv.model.ids import BadInput
from azext_akskv.model.observed import NotObserved
from azext_akskv.read_only import WriteRefused

TABLE = [
    (Missing("read the cluster shop", "ResourceNotFound", "not there"), azclierror.ResourceNotFoundError, 3),
    (Denied("read the vault", "AuthorizationFailed", "no"), azclierror.ForbiddenError, 1),
    (Conflict("change it", "PreconditionFailed", "no"), azclierror.AzureResponseError, 1),
    (Throttled("read it", "429", "slowly"), azclierror.AzureResponseError, 1),
    (Unavailable("read it", "HTTP 503", "busy"), azclierror.AzureConnectionError, 1),
    (Rejected("read it", "BadRequest", "no"), azclierror.BadRequestError, 1),
    (OperationFailed("change it", "Failed", "no"), azclierror.AzureResponseError, 1),
    (LostTrack("change it", "NotFound", "no operation"), azclierror.AzureResponseError, 1),
    (Unreadable("list the secrets", "cannot decrypt", "team-a/db"), azclierror.AzureResponseError, 1),
    (Busy("another command is changing it"), azclierror.ValidationError, 1),
    (JournalTrouble("cannot write it"), azclierror.FileOperationError, 1),
    (TookTooLong("not so after 5 s"), azclierror.AzureResponseError, 1),
    (WriteRefused("Clusters.turn_on_kms"), azclierror.CLIInternalError, 1),
    (KeyError("ours"), azclierror.CLIInternalError, 1),
]


@pytest.mark.parametrize(("error", "kind", "code"), TABLE, ids=lambda each: type(each).__name__)
def test_a_failure_becomes_an_error_of_az_with_advice(error: Exception, kind: type[Any], code: int) -> None:
    with pytest.raises(kind) as caught, speaking_azure():
        raise error
    assert type(caught.value) is kind and caught.value.recommendations
    assert handle_exception(caught.value) == code  # az's own word on how it ends


@pytest.mark.parametrize(("error", "code"), [(BadInput("not a key"), 2), (NotObserved("cannot read it"), 5)])
def test_other_exit_codes_are_left_with_after_the_words(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, speaking_azure():
        raise error
    assert caught.value.code == code and capsys.readouterr().err


def test_the_words_name_what_was_tried_and_the_request() -> None:
    with pytest.raises(azclierror.ForbiddenError) as caught, speaking_azure():
        raise Denied("read the cluster shop", "AuthorizationFailed", "no \x1b[31mright\u202e", "id-1")
    assert caught.value.error_msg == "Cannot read the cluster shop: (AuthorizationFailed) no right (request id-1)"


def test_azs_own_errors_pass_through() -> None:
    own = CLIError("Please run 'az login' to setup account.")
    with pytest.raises(CLIError) as caught, speaking_azure():
        raise own
    assert caught.value is own


def test_ctrl_c_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt), speaking_azure():
        raise KeyboardInterrupt


def test_every_kind_of_failure_is_in_the_table() -> None:
    kinds = {type(error) for error, _, _ in TABLE}
    assert {kind for kind in GatewayError.__subclasses__() if kind.__module__ == GatewayError.__module__} <= kinds


class Events:
    """az's event bus, as far as we use it."""

    def __init__(self) -> None:
        self.registered: list[Any] = []

    def register_event(self, _name: str, handler: Any) -> None:
        self.registered.append(handler)


def test_an_exit_code_is_left_with_once_az_has_printed() -> None:
    events = Events()
    leave_with(SimpleNamespace(cli_ctx=events), 4)
    [leave] = events.registered
    with pytest.raises(SystemExit) as caught:
        leave(None)
    assert caught.value.code == 4


def test_success_needs_no_help() -> None:
    events = Events()
    leave_with(SimpleNamespace(cli_ctx=events), 0)
    assert not events.registered
