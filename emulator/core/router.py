"""Routes: a method and a path template, matched without regard to letter case, as ARM does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from emulator.core.http import Answer, Call

Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler


def _pattern(template: str) -> re.Pattern[str]:
    """`{name}` captures one segment, `{name:path}` any number of them; a closing slash is optional."""
    regex = "".join(
        f"(?P<{part[1:-1].split(':')[0]}>{'.+?' if part.endswith(':path}') else '[^/]+'})"
        if part.startswith("{")
        else re.escape(part)
        for part in re.split(r"(\{[^}]+\})", template)
    )
    return re.compile(f"{regex}/?", re.IGNORECASE)


class Routes:
    """The routes of one service, in the order of their declaration; the first match answers."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def route(self, method: str, template: str) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.routes.append(Route(method, template, _pattern(template), handler))
            return handler

        return declare

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for this request and what its template captured; None when there is none."""
        for route in self.routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route, match.groupdict()
        return None
