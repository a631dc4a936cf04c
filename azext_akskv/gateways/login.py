"""az's login: with an end to its patience, and of which kind it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError, ServiceResponseTimeoutError

from azext_akskv.model.governance import LoginKind

T = TypeVar("T")


class InTime:
    """A credential of az's login that does not wait for ever: az sets no limit to how long its token services may take
    to answer. [CLI]"""

    def __init__(self, credential: Any, seconds: float) -> None:
        self._credential = credential
        self._seconds = seconds

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._in_time(lambda: self._credential.get_token(*scopes, **options))

    def get_token_info(self, *scopes: str, **options: Any) -> Any:
        return self._in_time(lambda: self._credential.get_token_info(*scopes, **options))

    def get_auxiliary_tokens(self, *scopes: str, **options: Any) -> Any:
        return self._in_time(lambda: self._credential.get_auxiliary_tokens(*scopes, **options))

    def _in_time(self, ask: Callable[[], T]) -> T:
        """In a thread that does not keep the program from ending. A connection that broke is told as such, so that the
        request that wants the token asks again."""
        answers: list[T] = []
        errors: list[BaseException] = []

        def work() -> None:
            try:
                answers.append(ask())
            except BaseException as error:  # pylint: disable=broad-exception-caught  # handed to who waits for it
                errors.append(error)

        thread = threading.Thread(target=work, daemon=True, name="akskv-login")
        thread.start()
        thread.join(self._seconds)
        if errors and isinstance(errors[0], OSError):
            raise ServiceRequestError(f"az's login could not reach its service: {errors[0]}") from errors[0]
        if errors:
            raise errors[0]
        if not answers:
            raise ServiceResponseTimeoutError(f"az's login got no answer in {self._seconds:g} s")
        return answers[0]


def login_kind(user: dict[str, Any], credential: Any) -> LoginKind:
    """Of a service principal az keeps a secret, the path of a certificate, or a federated token; which one it is only
    the credential of msal tells, and only its kind is looked at. [CLI]"""
    if user.get("cloudShellID"):
        return LoginKind.CLOUD_SHELL
    if user.get("assignedIdentityInfo"):
        return LoginKind.MANAGED_IDENTITY
    if user.get("type") == "user":
        return LoginKind.USER
    while inner := getattr(credential, "_credential", None):  # az's adaptor and our own limit of time are around it
        credential = inner
    kept = getattr(getattr(credential, "_msal_app", None), "client_credential", None)
    if isinstance(kept, dict) and "client_assertion" in kept:
        return LoginKind.FEDERATED
    return LoginKind.SERVICE_PRINCIPAL if kept else LoginKind.OTHER
