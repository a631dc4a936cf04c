"""Every shape of error that Azure was seen to answer with becomes the right kind, with its code, words and request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from azure.cli.core.azclierror import AuthenticationError
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from azure.core.polling.base_polling import OperationFailed as EndedBadly
from knack.util import CLIError
from requests import ConnectionError as NoConnection

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    Missing,
    OperationFailed,
    Rejected,
    Throttled,
    Unavailable,
)
from azext_akskv.gateways.errors import asking, failure


class Reply:
    """What azure-core's errors carry of an HTTP answer."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        self.status_code = status
        self.reason = "the reason phrase"
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.request = type("Sent", (), {"headers": {"x-ms-client-request-id": "sent-id"}})()
        self._text = body if isinstance(body, str) else json.dumps(body)

    def text(self, encoding: str | None = None) -> str:
        return self._text

    def body(self) -> bytes:
        return self._text.encode()


def nested(code: str, message: str = "no", **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


TABLE = [
    # status, body -> kind, code, message
    (400, nested("BadParameter", "it is\r\n  bad"), Rejected, "BadParameter", "it is bad"),
    (400, {"code": "BadRequest", "message": "flat", "details": None}, Rejected, "BadRequest", "flat"),
    (400, {"code": 400016, "message": "a number"}, Rejected, "400016", "a number"),
    (400, nested("NoRegisteredProviderFound"), Rejected, "NoRegisteredProviderFound", "no"),
    (404, nested("InvalidResourceType"), Rejected, "InvalidResourceType", "no"),
    (401, nested("ExpiredAuthenticationToken"), Denied, "ExpiredAuthenticationToken", "no"),
    (403, nested("AuthorizationFailed"), Denied, "AuthorizationFailed", "no"),
    (403, nested("Forbidden", innererror={"code": "ForbiddenByRbac"}), Denied, "ForbiddenByRbac", "no"),
    (404, nested("ResourceNotFound"), Missing, "ResourceNotFound", "no"),
    (404, "", Missing, "HTTP 404", "the reason phrase"),
    (410, nested("Gone"), Missing, "Gone", "no"),
    (409, nested("RoleAssignmentExists"), Conflict, "RoleAssignmentExists", "no"),
    (409, nested("ScopeLocked"), Rejected, "ScopeLocked", "no"),
    (409, nested("MissingSubscriptionRegistration"), Rejected, "MissingSubscriptionRegistration", "no"),
    (412, nested("PreconditionFailed", innererror={"trace": ["x"]}), Conflict, "PreconditionFailed", "no"),
    (429, {"Code": "429", "Message": "busy", "Target": None}, Throttled, "429", "busy"),
    (408, nested("RequestTimeout"), Unavailable, "RequestTimeout", "no"),
    (500, {"Message": "An error has occurred."}, Unavailable, "HTTP 500", "An error has occurred."),
    (500, {"ErrorResponse": nested("500", "inside")}, Unavailable, "500", "inside"),
    (500, {"ErrorCode": "CloudError", "Message": {"Value": "x"}}, Unavailable, "CloudError", "the reason phrase"),
    (502, "Forbidden\n", Unavailable, "HTTP 502", "Forbidden"),
    (503, "<!DOCTYPE html><html><h1>Busy</h1></html>", Unavailable, "HTTP 503", "the reason phrase"),
    (504, "[]", Unavailable, "HTTP 504", "the reason phrase"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "code", "message"), TABLE)
def test_an_error_body_becomes_a_kind_with_a_code_and_words(
    status: int, body: Any, kind: type[GatewayError], code: str, message: str
) -> None:
    found = failure("try it", HttpResponseError(response=Reply(status, body)))
    assert (type(found), found.code, found.message, found.doing) == (kind, code, message, "try it")


def test_the_request_is_named_by_what_support_can_find() -> None:
    reply = Reply(403, nested("X"), x_ms_request_id="theirs", x_ms_correlation_request_id="correlated")
    assert failure("try", HttpResponseError(response=reply)).request_id == "correlated"
    assert failure("try", HttpResponseError(response=Reply(403, nested("X")))).request_id == "sent-id"


def test_throttling_says_how_long_to_wait() -> None:
    found = failure("try", HttpResponseError(response=Reply(429, "", **{"Retry-After": "17"})))
    assert isinstance(found, Throttled) and found.retry_after == 17 and found.retriable


def test_a_retry_after_that_is_a_date_asks_for_nothing() -> None:
    reply = Reply(429, "", **{"Retry-After": "Sun, 22 Nov 2026 12:00:00 GMT"})
    found = failure("try", HttpResponseError(response=reply))
    assert isinstance(found, Throttled) and found.retry_after == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"status": "Failed", **nested("ValidationFailed", "the why")}, "ValidationFailed"),
        ({"status": "Canceled", "error": {"message": "the why"}}, "Canceled"),
    ],
)
def test_an_operation_that_ended_badly_is_no_http_error(body: Any, code: str) -> None:
    found = failure("change it", HttpResponseError(response=Reply(200, body), error=EndedBadly("Operation failed")))
    assert (type(found), found.code, found.message) == (OperationFailed, code, "the why")


def test_an_answer_that_no_service_of_azure_gives_is_not_taken_for_a_no() -> None:
    found = failure("try", HttpResponseError("JSON is invalid", response=Reply(200, "<html>Sign in</html>")))
    assert isinstance(found, Unavailable) and "JSON is invalid" in found.message


@pytest.mark.parametrize(
    "error", [ServiceRequestError("no route"), ServiceResponseTimeoutError("no answer"), NoConnection("refused")]
)
def test_no_connection_is_unavailable(error: Exception) -> None:
    found = failure("try", error)
    assert isinstance(found, Unavailable) and found.retriable


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (AuthenticationError("it ran out", recommendation="Run:\naz login --scope x"), "Run: az login --scope x"),
        (CLIError("Please run 'az login' to setup account."), "Please run 'az login'"),
        (ClientAuthenticationError("no token"), "Sign in again: az login"),
        (CLIError("The subscription of 's' doesn't exist in cloud 'AzureCloud'."), "The subscription of 's'"),
    ],
)
def test_a_login_that_does_not_hold_says_how_to_sign_in(error: Exception, advice: str) -> None:
    found = failure("try", error)
    assert isinstance(found, Denied) and advice in found.message


def test_an_answer_that_cannot_be_understood_is_not_tried_again() -> None:
    with pytest.raises(Rejected) as caught, asking("read it"):
        json.loads("{")
    assert caught.value.code == "UnreadableAnswer" and not caught.value.retriable


def recorded_errors() -> list[dict[str, Any]]:
    """Real answers, beside the checkout on some machines; none of them is kept here."""
    traffic = Path(__file__).resolve().parents[4] / "shared" / "arm-traffic"
    rows = [json.loads(line) for file in traffic.glob("*.jsonl") for line in file.read_text().splitlines()]
    return [row for row in rows if row["status"] >= 400]


def test_every_recorded_error_keeps_its_words_and_its_kind() -> None:
    rows = recorded_errors()
    if not rows:
        pytest.skip("no recorded traffic beside this checkout")
    for row in rows:
        body = row["response_body"] or ""
        found = failure("try", HttpResponseError(response=Reply(row["status"], body)))
        assert found.code and found.message and "\n" not in found.message
        assert found.retriable == (row["status"] == 429 or row["status"] >= 500)


def test_our_own_mistakes_pass_through() -> None:
    with pytest.raises(KeyError), asking("read it"):
        raise KeyError("ours")
