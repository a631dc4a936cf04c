"""From what the SDKs raise to our closed set of failures: one function, and the block that every request runs in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.cli.core.azclierror import AuthenticationError
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.polling.base_polling import OperationFailed as EndedBadly
from knack.util import CLIError

from azext_akskv.failures import Denied, GatewayError, OperationFailed, Rejected, Throttled, Unavailable, kind_of

UNKNOWN_VERSION = frozenset({"NoRegisteredProviderFound", "InvalidApiVersionParameter", "InvalidResourceType"})
"""What ARM says when it, or the region, does not know an api-version. [REC] has the last one as a 404, public issue
threads the first as a 400."""

RULES = UNKNOWN_VERSION | {"MissingSubscriptionRegistration", "ScopeLocked"}
"""Codes that are a plain no, although their status (404, 409) says `not there` or `somebody else`. [REC]"""

REQUEST_IDS = ("x-ms-correlation-request-id", "x-ms-request-id", "x-ms-client-request-id")


class NotSignedIn(CLIError):  # type: ignore[misc]  # knack carries no types that mypy may follow here
    """az's login has no such subscription: nobody has signed in to its tenant, or has a right in it."""

    def __init__(self, subscription: str) -> None:
        super().__init__(
            f"az's login has no subscription {subscription}: sign in to the tenant that owns it "
            "(az login --tenant <its tenant>), or ask for a role in it"
        )


@contextmanager
def asking(doing: str) -> Iterator[None]:
    """Runs requests; `doing` says what for, as in "read the cluster shop". Raises GatewayError for all that fails."""
    try:
        yield
    # OSError: the errors of requests, which msal lets through, and a CA bundle that is not there.
    # ValueError: an answer that is not what it should be, among it a vault challenge for somebody else's vault.
    except (AzureError, CLIError, OSError, ValueError) as error:
        raise failure(doing, error) from error


def failure(doing: str, error: Exception) -> GatewayError:
    """The failure that an SDK's error stands for."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _from_answer(doing, error)
    if isinstance(error, NotSignedIn):
        return Denied(doing, "NotSignedIn", str(error))
    if isinstance(error, (CLIError, ClientAuthenticationError)):
        return Denied(doing, "NoToken", _with_advice(error))
    if isinstance(error, (AzureError, OSError)):
        return Unavailable(doing, type(error).__name__, one_line(str(error)))
    if isinstance(error, json.JSONDecodeError):
        return Rejected(doing, "UnreadableAnswer", "expected JSON, found something else, such as the page of a proxy")
    return Rejected(doing, "UnreadableAnswer", one_line(str(error)))


def _from_answer(doing: str, error: HttpResponseError) -> GatewayError:
    reply = error.response
    code, message = code_and_message(reply.text(), reply.reason or "")
    if isinstance(error.inner_exception, EndedBadly):
        return OperationFailed(doing, code or "Failed", message, _request_id(reply))
    if reply.status_code < 400:  # an answer that cannot be read, such as a sign-in page of a proxy
        return Unavailable(doing, type(error).__name__, one_line(str(error.message)), _request_id(reply))
    kind = kind_of(reply.status_code)
    if code in RULES:
        kind = Rejected
    refused = kind(doing, code or f"HTTP {reply.status_code}", message, _request_id(reply))
    if isinstance(refused, Throttled):
        refused.retry_after = _seconds(reply.headers.get("Retry-After", ""))
    return refused


def code_and_message(text: str, otherwise: str) -> tuple[str, str]:
    """The code and the message in an error's body, whatever its shape; `otherwise` when it says nothing readable.

    Most answers nest them under `error`; AKS's own are flat; some providers write the names in capitals; an operation
    has `status` beside; gateways answer with HTML, text or nothing. [REC]
    """
    try:
        body = _lower(json.loads(text))
    except ValueError:
        readable = text.strip() and not text.lstrip().startswith("<")
        return "", one_line(text if readable else otherwise)
    ended = body.get("status")
    while isinstance(body.get("error") or body.get("errorresponse"), dict):
        body = _lower(body.get("error") or body.get("errorresponse"))
    # Key Vault says Forbidden and, inside, whether by a role, a policy or the firewall: the inner code says more.
    code = _lower(body.get("innererror")).get("code") or body.get("code") or body.get("errorcode") or ended or ""
    message = body.get("message")
    return str(code), one_line(message if isinstance(message, str) else otherwise)


def _lower(body: Any) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in body.items()} if isinstance(body, dict) else {}


def _request_id(reply: Any) -> str:
    """What Azure's support finds the request by."""
    sent = getattr(reply.request, "headers", {})
    ids = [str(found) for name in REQUEST_IDS if (found := reply.headers.get(name) or sent.get(name))]
    return ids[0] if ids else ""


def _seconds(retry_after: str) -> float:
    """Of a Retry-After header, which may also be a date: then the service asks for nothing that we keep to."""
    return float(retry_after) if retry_after.isdecimal() else 0.0


def _with_advice(error: Exception) -> str:
    """An error of az's own sign-in with its recommendation, which names `az login` in the form that helps here."""
    advice = [str(each) for each in getattr(error, "recommendations", ())]
    text = one_line(" ".join([str(error), *advice]))
    expired = isinstance(error, (AuthenticationError, ClientAuthenticationError))
    return f"{text} Sign in again: az login" if expired and "az login" not in text else text


def one_line(text: str, limit: int = 1000) -> str:
    """Without line breaks, cut to a length that a person still reads."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}..."
