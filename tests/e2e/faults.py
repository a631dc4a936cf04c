"""The ways in which one request goes wrong, as the emulation's faults; each service refuses in its own form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.asked import Asked

HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
NAMES = {
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "Bad Gateway",
    503: "ServiceUnavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True)
class Kind:
    """`answer_timeout`: the seconds that az waits for an answer in this case. `changes_only`: a reading request would
    not show the difference to another kind."""

    name: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    reset: bool = False
    lose: bool = False
    hold: str = ""
    answer_timeout: float = 30.0
    changes_only: bool = False

    def suits(self, asked: Asked) -> bool:
        return asked.method != "GET" or not self.changes_only

    def strike(self, asked: Asked) -> dict[str, Any]:
        """The fault that strikes this request once."""
        fault: dict[str, Any] = {
            "site": asked.site,
            "method": asked.method,
            "path": asked.pattern,
            "nth": asked.nth,
        }
        if self.status:
            body = body_of(asked.site, self.status)
            return {**fault, "status": self.status, "body": body, "headers": dict(self.headers)}
        if self.hold:
            return {**fault, "hold": self.hold}
        return {**fault, "reset": self.reset, "lose": self.lose}


KINDS = (
    Kind("429+", 429, headers=(("Retry-After", "1"),)),
    Kind("429", 429),
    Kind("500", 500),
    Kind("502", 502, headers=(("Content-Type", "text/html"),)),
    Kind("503", 503),
    Kind("504", 504, headers=(("Content-Type", "text/html"),)),
    Kind("cut", reset=True),
    Kind("lost", lose=True),
    Kind("mute", hold="before", answer_timeout=1.5),
    Kind("late", hold="after", answer_timeout=1.5, changes_only=True),
)


def body_of(site: str, status: int) -> Any:
    """Gateways answer with HTML [REC]; Kubernetes with a Status; the others nest code and message."""
    name = NAMES[status]
    if status in (502, 504):
        return HTML.format(f"{status} {name}").encode()
    if site == "kubernetes":
        return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": name, "code": status}
    return {"error": {"code": name, "message": "The service cannot answer this request now."}}
