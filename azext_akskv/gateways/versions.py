"""Which api-versions a cloud knows: younger ones reach some clouds years later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from azext_akskv.failures import GatewayError, Rejected
from azext_akskv.gateways.errors import UNKNOWN_VERSION

T = TypeVar("T")


class KnownVersions:
    """Some api-versions, newest first. `present` is the newest one that the cloud has not said it does not know."""

    def __init__(self, versions: tuple[str, ...]) -> None:
        self._versions = versions
        self.present = versions[0]

    def ask(self, doing: str, ask: Callable[[str], T]) -> T:
        """Asks with the newest version that the cloud knows, and stays with it. A version that is not known is refused
        before anything is done. [REC]

        Raises what `ask` raises; Rejected when the cloud knows none of our versions.
        """
        for version in self._versions[self._versions.index(self.present) :]:
            try:
                found = ask(version)
                self.present = version
                return found
            except GatewayError as error:
                if error.code not in UNKNOWN_VERSION:
                    raise
                unknown = error
        # pylint: disable-next=used-before-assignment  # there is at least one version to ask with
        raise Rejected(doing, unknown.code, unknown.message, unknown.request_id)
