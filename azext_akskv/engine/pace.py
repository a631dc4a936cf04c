"""How fast secrets are rewritten: the rate that suits a cluster, the limit that keeps to it, and the threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from azext_akskv.engine.waiting import Clock
from azext_akskv.model.key import KeyVersion

T = TypeVar("T")

SECRETS_PER_SECOND = 200.0
"""Each rewrite is an event to every informer that watches secrets."""

VAULT_LIMITS = {2048: 400, 3072: 100, 4096: 50}
"""Operations a second that a vault allows with a software RSA key of so many bits; an HSM key gets half.
[D: Key Vault service limits]"""

OPERATIONS_PER_SECRET = 5
"""With KMS v1 every read and write of a secret is one: 10,015 were counted for two passes over 2,003 secrets. [seen]"""

VAULT_SHARE = 0.25
"""Of the vault's limit: the rest is for the cluster's own reads. Throttled there, the KMS health check fails, and with
it the API server."""


CONNECTIONS = 16
"""An API server of two cores was busy with them: about 2,000 rewrites a second."""


def suiting_rate(kms_v1: bool, key: KeyVersion | None) -> float:
    """Secrets a second: KMS v1 asks Key Vault for each of them, so there it follows from the key's size."""
    if not kms_v1:
        return SECRETS_PER_SECOND
    limit = float(VAULT_LIMITS.get((key and key.size_bits) or 2048, min(VAULT_LIMITS.values())))
    if key and key.kind.upper().endswith("-HSM"):
        limit /= 2
    return limit * VAULT_SHARE / OPERATIONS_PER_SECRET


class RateLimit:
    """A token bucket for one thread: `take` sleeps until the next start is due."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        """`per_second` 0: no limit."""
        self._clock = clock
        self.per_second = per_second
        self._tokens = 1.0
        self._filled = clock.monotonic()

    def take(self) -> None:
        if not self.per_second:
            return
        now = self._clock.monotonic()
        most = max(1.0, self.per_second / 10)  # a tenth of a second's worth may start at once
        self._tokens = min(most, self._tokens + (now - self._filled) * self.per_second) - 1
        self._filled = now
        if self._tokens < 0:
            self._clock.sleep(-self._tokens / self.per_second)

    def halve(self) -> None:
        """Goes on at half the rate, but not below one a second."""
        self.per_second = max(self.per_second / 2, min(self.per_second, 1.0))


class Inline(Executor):
    """Does the work at once, in the caller's thread: what recording and replaying HTTP needs."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def executor(connections: int) -> Iterator[Executor]:
    """Threads, or none for one connection. What has not begun when the block is left is never begun."""
    if connections == 1:
        yield Inline()
        return
    pool = ThreadPoolExecutor(connections, thread_name_prefix="akskv")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
