"""The first pages of the namespaces to come, asked for while those before are still worked on.

With thousands of small namespaces it is the lists that take the time: one round trip each, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future

from azext_akskv.engine.secret_walk import PAGE, PageReader
from azext_akskv.model.kube import SecretPage

AHEAD = 16


class ReadAhead:
    """`ahead`: so many namespaces at once; 1 keeps the requests in the order in which they are needed."""

    def __init__(self, pool: Executor, read: PageReader, namespaces: Iterable[str], ahead: int = AHEAD) -> None:
        self._pool = pool
        self._read = read
        self._coming = iter(namespaces)
        self._ahead = ahead
        self._asked: dict[str, Future[SecretPage]] = {}

    def page(self, namespace: str, after: str | None, limit: int) -> SecretPage:
        """A PageReader: what was asked ahead is answered, or fails, once; the same asked again is asked for anew."""
        if after is None and limit == PAGE:
            self._go_ahead()
            if asked := self._asked.pop(namespace, None):
                return asked.result()
        return self._read(namespace, after, limit)

    def _go_ahead(self) -> None:
        for namespace in self._coming:
            self._asked[namespace] = self._pool.submit(self._read, namespace, None, PAGE)
            if len(self._asked) >= self._ahead:
                return
