"""What can go wrong when we ask a service: a closed set of kinds, and unknown means not to be tried again."""

from __future__ import annotations


class GatewayError(Exception):
    """A service did not do what we asked. `doing` says what we wanted, `code` and `message` are its own words."""

    retriable = False
    not_begun = False
    """The service refused a change before it began any of it, and a look afterwards found everything as it was."""

    def __init__(self, doing: str, code: str = "", message: str = "", request_id: str = "") -> None:
        super().__init__(f"{doing}: {f'({code}) ' if code else ''}{message}".rstrip(": "))
        self.doing = doing
        self.code = code
        self.message = message
        self.request_id = request_id


class Denied(GatewayError):
    """401 or 403: not allowed, or not from here."""


class Missing(GatewayError):
    """404 or 410: it is not there."""


class Conflict(GatewayError):
    """409 or 412: somebody else changed it, or works on it."""


class Throttled(GatewayError):
    """429, after the client's own retries. `retry_after`: the seconds that the service asked for; 0: it did not."""

    retriable = True
    retry_after = 0.0


class Unavailable(GatewayError):
    """5xx, or no connection at all, after the client's own retries."""

    retriable = True


class Rejected(GatewayError):
    """The service understood and says no: a rule of its own."""


BY_STATUS: dict[int, type[GatewayError]] = {
    401: Denied,
    403: Denied,
    404: Missing,
    408: Unavailable,
    409: Conflict,
    410: Missing,
    412: Conflict,
    429: Throttled,
}


def kind_of(status: int) -> type[GatewayError]:
    """The failure that an HTTP status of 400 or more stands for, with ARM, Key Vault and Kubernetes alike."""
    return BY_STATUS.get(status) or (Unavailable if status >= 500 else Rejected)


class OperationFailed(GatewayError):
    """A long-running operation ended Failed or Canceled."""


class LostTrack(GatewayError):
    """A service took a change, and then did not tell what became of it."""


class Unreadable(GatewayError):
    """The API server cannot decrypt a stored secret; `secret` names it as namespace/name where it said so."""

    def __init__(self, doing: str, message: str, secret: str = "") -> None:
        super().__init__(doing, "unreadable", message)
        self.secret = secret


class NotYet(Exception):
    """Nothing is wrong, but going on must wait for `seconds` more; a run that meets it ends `waiting`."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class TookTooLong(Exception):
    """A wait came to its limit; the text says what was waited for."""
