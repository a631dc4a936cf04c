"""When a real API server has started: it has read every secret, whatever its KMS plugins say of themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

import urllib3

from emulator.real.kube_apiserver import KubeApiServer

_INFORMERS = "informer-sync"
_PATIENCE_SECONDS = 8.0
_SECONDS_FOR_A_SECRET = 0.01
"""[SEEN] With KMS v1 each value is a request to its plugin, one after the other."""


class Unsynced(Exception):
    """It waits for informers that cannot read all secrets, and will wait for ever."""


class Readiness:
    """To be asked until it says yes. `clock` counts seconds."""

    def __init__(self, server: KubeApiServer, providers: int, secrets: int, clock: Callable[[], float]) -> None:
        self._server = server
        excluded = "".join(f"&exclude=kms-provider-{number}" for number in range(providers))
        self._path = f"/readyz?verbose{excluded}"
        self._patience = _PATIENCE_SECONDS + _SECONDS_FOR_A_SECRET * secrets
        self._clock = clock
        self._since: float | None = None

    def __call__(self) -> bool:
        """Raises Unsynced when for long nothing but the informers is missing."""
        try:
            reply = self._server.get(self._path)
        except urllib3.exceptions.HTTPError:
            return False
        failing = set(re.findall(r"^\[-\](\S+) failed", reply.data.decode("utf-8", "replace"), re.MULTILINE))
        if failing != {_INFORMERS}:
            self._since = None
            return reply.status == 200
        if self._since is None:
            self._since = self._clock()
        if self._clock() - self._since > self._patience:
            raise Unsynced("not every secret can be read, so it does not get ready")
        return False
