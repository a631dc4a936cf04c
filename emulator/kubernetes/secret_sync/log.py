"""What the two containers of the Secret Store's pod write."""

from __future__ import annotations

from datetime import datetime

from emulator.kubernetes.secret_sync.installed import MANAGER, PROVIDER
from emulator.kubernetes.secret_sync.versions import parsed, provider_of
from emulator.kubernetes.secrets_store.klog import Style, line

Record = tuple[datetime, str]
_BLOCKS_SINCE = (1, 0)
_FILE = "secretsync_controller.go"


class Log:
    """`records` are those of the pod, by container."""

    def __init__(self, records: dict[str, list[Record]], version: str) -> None:
        self._records = records
        self._style = Style(parsed(provider_of(version)) >= _BLOCKS_SINCE)

    def provider(self, at: datetime, error: str) -> None:
        """[SRC] The provider's own line for a mount that failed."""
        self._write(PROVIDER, at, ("E", "server.go", 60), "failed to process mount request", err=error)

    def manager(self, at: datetime, text: str, error: str, **values: str) -> None:
        """[INF] The controller's, with its error."""
        self._write(MANAGER, at, ("E", _FILE, 191), text, err=error, **values)

    def told(self, at: datetime, text: str, **values: str) -> None:
        self._write(MANAGER, at, ("I", _FILE, 118), text, **values)

    def _write(self, container: str, at: datetime, where: tuple[str, str, int], text: str, **values: str) -> None:
        self._records.setdefault(container, []).append((at, line(self._style, at, where, text, values)))
