"""From an API server's Status to our failures."""

from __future__ import annotations

import pytest

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    Missing,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
)
from azext_akskv.gateways.kube_status import failure
from tests.unit.gateways.conftest import NOON
from tests.unit.gateways.kube.kube_service import a_status


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", Rejected),
        (401, "Unauthorized", Denied),
        (403, "Forbidden", Denied),
        (404, "NotFound", Missing),
        (406, "NotAcceptable", Rejected),
        (408, "Timeout", Unavailable),
        (409, "Conflict", Conflict),
        (410, "Expired", Missing),
        (412, "PreconditionFailed", Conflict),
        (422, "Invalid", Rejected),
        (429, "TooManyRequests", Throttled),
        (500, "InternalError", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
        (504, "Timeout", Unavailable),
    ],
)
def test_a_status_is_a_failure_with_the_servers_words(code: int, reason: str, kind: type[GatewayError]) -> None:
    error = failure("list", code, {"Audit-Id": "audit-1"}, a_status(code, reason, "its own words"))
    assert type(error) is kind
    assert (error.code, error.message, error.request_id) == (reason, "its own words", "audit-1")


def test_what_is_no_status_is_not_quoted() -> None:
    error = failure("list", 502, {}, {"page": "whatever a proxy says"})
    assert type(error) is Unavailable and error.code == "HTTP 502" and error.message == ""


@pytest.mark.parametrize(
    ("headers", "details", "seconds"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({}, {"retryAfterSeconds": 3}, 3.0),
        ({"Retry-After": NOON}, {}, 0.0),
        ({}, {}, 0.0),
    ],
)
def test_retry_after_is_taken_from_header_or_status(
    headers: dict[str, str], details: dict[str, int], seconds: float
) -> None:
    error = failure("list", 429, headers, a_status(429, "TooManyRequests", "slow down", details=details))
    assert isinstance(error, Throttled) and error.retry_after == seconds


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ('unable to transform key "/registry/secrets/team-b/token": no matching prefix found', "team-b/token"),
        ('unable to transform key "team-b/token": rpc error: code = Unknown desc = 403', "team-b/token"),
        ("no matching key was found for the provided KMS transformer", ""),
        ("failed to decrypt DEK, error: rpc error: code = Unknown desc = key not found", ""),
    ],
)
def test_a_value_that_cannot_be_decrypted_is_unreadable(said: str, secret: str) -> None:
    error = failure("list", 500, {}, a_status(500, "InternalError", f"Internal error occurred: {said}"))
    assert isinstance(error, Unreadable) and error.secret == secret


def test_a_kms_plugin_that_is_away_is_no_unreadable_secret() -> None:
    said = 'unable to transform key "/registry/secrets/a/b": rpc error: code = Unavailable desc = connection refused'
    assert type(failure("list", 500, {}, a_status(500, "InternalError", said))) is Unavailable
