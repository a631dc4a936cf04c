"""What etcd does for an API server: bytes under keys, one revision for all, old revisions until they are compacted."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime, timedelta

# The API server compacts every five minutes, down to where the revision was at the compaction before.
COMPACTION = timedelta(minutes=5)


class Entry:
    """One revision of one key. `value` is None where the key was deleted; `cached` is what the API server's watch
    cache holds of it: the decrypted object, or None when it has not read it."""

    __slots__ = ("cached", "older", "revision", "value")

    def __init__(self, value: bytes | None, revision: int, cached: bytes | None, older: Entry | None) -> None:
        self.value = value
        self.revision = revision
        self.cached = cached
        self.older = older


class Storage:
    """`revision` is that of the last write to any key."""

    def __init__(self, now: datetime, revision: int = 1) -> None:
        self.revision = revision
        self.compacted = 0
        self.changed: set[str] = set()
        """Keys written or removed since the oracle looked."""
        self._newest: dict[str, Entry] = {}
        self._keys: list[str] = []
        self._next_compaction = now + COMPACTION
        self._noted_revision = revision

    def get(self, key: str) -> Entry | None:
        """The newest revision of a key that is there."""
        entry = self._newest.get(key)
        return entry if entry is not None and entry.value is not None else None

    def put(self, key: str, value: bytes, cached: bytes | None = None) -> Entry:
        """Writes; the entry has the new revision."""
        older = self._newest.get(key)
        if older is None:
            insort(self._keys, key)
        self.revision += 1
        self.changed.add(key)
        entry = self._newest[key] = Entry(value, self.revision, cached, older)
        return entry

    def delete(self, key: str) -> int:
        """Removes a key that is there; the revision of the removal."""
        self.revision += 1
        self.changed.add(key)
        self._newest[key] = Entry(None, self.revision, None, self._newest[key])
        return self.revision

    def range(self, prefix: str, start: str, revision: int) -> Iterator[tuple[str, Entry]]:
        """What was under a prefix at a revision, in the order of the keys, from `start` (a whole key) on."""
        first = bisect_left(self._keys, max(prefix, start))
        last = bisect_left(self._keys, prefix + "\U0010ffff")
        for key in self._keys[first:last]:
            entry: Entry | None = self._newest[key]
            while entry is not None and entry.revision > revision:
                entry = entry.older
            if entry is not None and entry.value is not None:
                yield key, entry

    def changes(self, prefix: str, since: int) -> list[tuple[str, Entry | None, Entry]]:
        """Keys written or removed after a revision, the oldest change first, with what was there at that revision and
        what is there now. What lay between is not told."""
        found = []
        for key in self._keys[bisect_left(self._keys, prefix) : bisect_left(self._keys, prefix + "\U0010ffff")]:
            newest = self._newest[key]
            if newest.revision <= since:
                continue
            before: Entry | None = newest
            while before is not None and before.revision > since:
                before = before.older
            found.append((key, before, newest))
        return sorted(found, key=lambda one: one[2].revision)

    def compact_when_due(self, now: datetime) -> None:
        """Forgets revisions that only readers of the past could want, as often as the time says."""
        for _ in range(2):  # twice is as good as often: nothing is written between two requests
            if now < self._next_compaction:
                return
            self.compacted, self._noted_revision = self._noted_revision, self.revision
            self._next_compaction += COMPACTION
        self._next_compaction = max(self._next_compaction, now + COMPACTION)
        self._trim()

    def _trim(self) -> None:
        for key, entry in list(self._newest.items()):
            kept: Entry | None = entry
            while kept is not None and kept.revision > self.compacted:
                kept = kept.older
            if kept is not None:
                kept.older = None
            if kept is entry and entry.value is None:
                del self._newest[key]
        self._keys = sorted(self._newest)
