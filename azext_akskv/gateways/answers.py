"""What the SDKs answer, as plain JSON: their models would drop or rename what they do not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.model.members import whole
from azext_akskv.model.times import of_date_header

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """`at` is the service's own time."""

    json: Json
    at: datetime


def answer(reply: Any, _model: Any, _headers: Any) -> Answer:
    """To be passed to an SDK operation as `cls`: the body as it came.

    Raises ValueError when the answer has no Date: without the service's time nothing can be said about waits.
    """
    return answered(reply.http_response)


def answered(response: Any) -> Answer:
    """Raises ValueError as `answer` does, and for what is no JSON object."""
    date = response.headers.get("Date")
    if not date:
        raise ValueError("the answer has no Date header")
    return Answer(whole(response.json()), of_date_header(date))


def items(pages: Any) -> list[Json]:
    """All items of an SDK's paged answer."""
    return [item.as_dict() for item in pages]
