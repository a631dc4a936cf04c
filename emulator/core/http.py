"""One request and one answer, as the emulated services see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


@dataclass
class Answer:
    """What goes back: a JSON value, bytes, an asynchronous iterator of bytes that come one after the other, or
    nothing."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A rule of the service says no; the front answers with it as it stands."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body}")
        self.answer = answer


@dataclass
class Call:
    """One request. Header and query names are in lower case; `path` is decoded and keeps its letter case."""

    world: EmulatedWorld
    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    target: str = ""
    """Path and query as they were sent, for who hands the request on."""
    params: dict[str, str] = field(default_factory=dict)
    """What the route's template captured, by name."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """The claims of the checked bearer token, when the service asks for one."""
    certificate: bytes | None = None
    """The client's certificate in DER, when the connection brought one."""
    source: str = ""
    """The address that it comes from, where that is not the caller's own."""
    endpoint_id: str = ""
    """The private endpoint that it comes through."""

    def json(self) -> Any:
        """The body as JSON; an empty body is None.

        Raises Refusal: 400 when the body is not JSON.
        """
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            message = f"The request content was invalid and could not be deserialized: '{error}'."
            refusal = {"error": {"code": "InvalidRequestContent", "message": message}}
            raise Refusal(Answer(400, refusal)) from error


class Dropped(Exception):
    """The connection breaks off without an answer, as when an API server goes away."""
