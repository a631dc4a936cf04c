"""Resources for which az ships no client, or none that keeps what it does not know: asked for and put as plain JSON,
through the pipeline of a client that is there anyway, and long-running operations followed to their end. [ADR 16]"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from azure.core.rest import HttpRequest

from azext_akskv.failures import Conflict, OperationFailed, Rejected, Throttled
from azext_akskv.gateways.answers import Json
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.lists import listed
from azext_akskv.gateways.operations import WatchedPolling, carried_out
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import whole
from azext_akskv.ports import Watch

T = TypeVar("T")

SOMEBODY_ELSE = frozenset({"AnotherOperationInProgress", "Conflict", "PreconditionFailed"})
"""That somebody else changed it, or works on it, is told by the code: as 409 or 412, as 429, or as the end of an
operation that answers 200. [REC][ISS]"""


@dataclass(frozen=True)
class Change:
    """A PUT, or by its `method` a PATCH or, without a body, a DELETE. `query` is what its address has beside the
    api-version, `headers` are its conditions."""

    doing: str
    resource: ResourceId
    body: Json | None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "PUT"

    def request(self, version: str) -> HttpRequest:
        query = f"api-version={version}{self.query and f'&{self.query}'}"
        path = quote(str(self.resource))
        return HttpRequest(self.method, f"{path}?{query}", json=self.body, headers=dict(self.headers))


class Documents:
    """Of one resource provider, under the newest of its api-versions that the cloud knows. All raise GatewayError.

    A resource is asked for with az's login to its own subscription. `poll_seconds`: see WatchedPolling.
    """

    def __init__(self, clients: Clients, versions: KnownVersions, poll_seconds: float) -> None:
        self._clients = clients
        self._versions = versions
        self._poll_seconds = poll_seconds

    def read(self, doing: str, resource: ResourceId, decode: Callable[[Json], T]) -> T:
        """Raises Rejected, too, where `decode` raises BadInput."""

        def ask(version: str) -> T:
            with asking(doing):
                reply = self._sent(resource, HttpRequest("GET", f"{quote(str(resource))}?api-version={version}"))
                return decode(whole(reply.json()))

        return self._versions.ask(doing, ask)

    def all(self, doing: str, subscription: str, path: str, decode: Callable[[Json], T]) -> list[T]:
        """The items of a list, of all its pages. Raises as `read` does."""

        def ask(version: str) -> list[T]:
            with asking(doing):
                return [decode(each) for each in listed(self._clients, subscription, path, version)]

        return self._versions.ask(doing, ask)

    def put(self, change: Change, watch: Watch) -> None:
        """Returns when the operation has ended. Raises Conflict where somebody else changed the resource or works on
        it, OperationFailed, LostTrack."""
        self._versions.ask(change.doing, lambda version: self._put(change, watch, version))

    def put_at_once(self, change: Change) -> None:
        """For what is done when it is answered. Raises Conflict as `put` does."""
        self._versions.ask(change.doing, lambda version: self._put_at_once(change, version))

    def _put(self, change: Change, watch: Watch, version: str) -> None:
        polling = WatchedPolling(change.doing, watch, self._poll_seconds)
        with changing(change.doing):
            carried_out(self._clients.vaults(change.resource.subscription), change.request(version), polling)

    def _put_at_once(self, change: Change, version: str) -> None:
        with changing(change.doing):
            self._sent(change.resource, change.request(version))

    def _sent(self, resource: ResourceId, request: HttpRequest) -> Any:
        reply = self._clients.send(resource.subscription, request)
        reply.raise_for_status()
        return reply


@contextmanager
def changing(doing: str) -> Iterator[None]:
    """As `asking`, for a change: what stands in its way by somebody else's doing raises Conflict, however it is told.
    LostTrack stays what it is: then the operation goes on, unseen."""
    try:
        with asking(doing):
            yield
    except (OperationFailed, Throttled, Rejected) as error:
        if error.code not in SOMEBODY_ELSE:
            raise
        raise Conflict(error.doing, error.code, error.message, error.request_id) from error
