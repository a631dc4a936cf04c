"""Long-running operations: the SDK's own poller, which tells a Watch what it sees."""

from __future__ import annotations

from typing import Any

from azure.core.polling import LROPoller
from azure.mgmt.core.polling.arm_polling import ARMPolling

from azext_akskv.failures import GatewayError, LostTrack, OperationFailed
from azext_akskv.gateways.errors import asking
from azext_akskv.ports import Watch


class WatchedPolling(ARMPolling):  # type: ignore[misc]  # the SDK carries no types that mypy may follow here
    """`doing` is what the operation does; `poll_seconds` between two polls unless the service says Retry-After.

    Only Failed and Canceled end badly: an `error` beside another status is AKS's working note. [REC]
    The operation is followed to its end in the caller's thread, not in one of the SDK's: so Ctrl-C ends it at once, and
    nobody is told of a state after that. Raises OperationFailed, and LostTrack when the operation cannot be read any
    more: then it goes on, unseen.
    """

    def __init__(self, doing: str, watch: Watch, poll_seconds: float) -> None:
        super().__init__(poll_seconds)
        self._doing = doing
        self._watch = watch

    def initialize(self, client: Any, initial_response: Any, deserialization_callback: Any) -> None:
        """Called with the first answer, before anything is polled."""
        reply = initial_response.http_response
        named = reply.headers.get("Azure-AsyncOperation") or reply.headers.get("Location")
        self._watch.accepted(named or reply.request.url)
        super().initialize(client, initial_response, deserialization_callback)
        try:
            with asking(self._doing):
                self.run()
        except OperationFailed:
            raise
        except GatewayError as error:
            raise LostTrack(error.doing, error.code, error.message, error.request_id) from error

    def update_status(self) -> None:
        try:
            super().update_status()
        except (AttributeError, TypeError, LookupError) as error:  # the SDK takes any JSON for an operation's
            raise ValueError("the answer is not the state of an operation") from error
        self._watch.status(self.status())


class Unwatched:
    """For operations of seconds, which nobody needs to be told of."""

    def accepted(self, operation_url: str) -> None:
        return

    def status(self, status: str) -> None:
        return


def carried_out(client: Any, request: Any, polling: WatchedPolling) -> None:
    """Sends a request that begins a long-running operation through an SDK's client, and follows the operation to its
    end. Raises what the SDK raises, and what WatchedPolling does."""
    begun = client.send_request(request, _return_pipeline_response=True)
    begun.http_response.raise_for_status()
    # pylint: disable-next=protected-access  # the SDK's own code hands its pollers the same pipeline
    LROPoller(client._client, begun, lambda ended: ended.http_response, polling).result()
