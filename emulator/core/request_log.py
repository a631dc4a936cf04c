"""Every request that came, whatever became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Request:
    """`status` is None while there is no answer, and stays so when the connection was broken off."""

    method: str
    url: str
    site: str
    status: int | None = None


class RequestLog:
    """The requests in the order of their coming."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def came(self, method: str, url: str, site: str) -> Request:
        request = Request(method, url, site)
        self.requests.append(request)
        return request

    def document(self) -> list[dict[str, Any]]:
        return [asdict(request) for request in self.requests]

    def clear(self) -> None:
        self.requests.clear()
