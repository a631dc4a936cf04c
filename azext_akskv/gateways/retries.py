"""How long a service may take to answer, and how often it is asked: the same for ARM, Key Vault and API servers.

A request may be sent several times whatever its method: reads, empty patches, and writes that a name or a version
guards, so that the second one finds what the first one did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from azure.core.pipeline.policies import RetryPolicy

from azext_akskv.failures import GatewayError, Throttled, Unavailable

T = TypeVar("T")

TRIES = 3
ANSWER_TIMEOUT = 75.0
"""ARM and API servers give up on a request after 60 s and answer 504 [D: ARM's contract with resource providers;
kube-apiserver --request-timeout]: that answer has the time to arrive, and after it none comes."""
CONNECT_TIMEOUT = 15.0
"""Nobody answers a connection later who answers at all: TCP has asked four times by then."""
LONGEST_PAUSE = 300.0
"""Who asks for a longer one with Retry-After gets no further request: the command ends and says so."""
METHODS = frozenset({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"})


@dataclass(frozen=True)
class Retries:
    """`pause` comes before the second try, twice that before the third. `tell` is told of each; it is called from any
    thread."""

    sleep: Callable[[float], None]
    tell: Callable[[str], None]
    pause: float
    answer_timeout: float = ANSWER_TIMEOUT

    @property
    def connect_timeout(self) -> float:
        return min(CONNECT_TIMEOUT, self.answer_timeout)

    def insist(self, call: Callable[[], T]) -> T:
        """Calls until it answers, three times at most. Raises what the last call raised."""
        for tries in range(1, TRIES):
            try:
                return call()
            except (Throttled, Unavailable) as error:
                pause = error.retry_after if isinstance(error, Throttled) else 0.0
                if pause > LONGEST_PAUSE:
                    raise
                self.wait(pause or self.pause * tries, words_of(error), tries)
        return call()

    def wait(self, pause: float, why: str, tries: int) -> None:
        self.tell(f"{why}; asking again{f' in {pause:.0f} s' if pause >= 1 else ''} ({tries + 1} of {TRIES})")
        self.sleep(pause)


def words_of(error: GatewayError) -> str:
    return f"{error.doing}: {error.code or 'no answer'}"


class SdkRetries(RetryPolicy):  # type: ignore[misc]  # the SDK carries no types that mypy may follow here
    """The same for the clients of the SDKs, inside their pipeline."""

    def __init__(self, retries: Retries) -> None:
        more = TRIES - 1
        super().__init__(retry_total=more, retry_connect=more, retry_read=more, retry_status=more)
        self._retries = retries

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**super().configure_retries(options), "methods": METHODS}

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        asked_for = self.get_retry_after(response) or 0.0
        return bool(super().is_retry(settings, response)) and asked_for <= LONGEST_PAUSE

    def increment(self, settings: dict[str, Any], response: Any = None, error: Exception | None = None) -> bool:
        again = bool(super().increment(settings, response, error))
        if again:
            answered = getattr(response, "http_response", None)
            host = response.http_request.url.partition("://")[2].partition("/")[0]
            said = f"{host} answered {answered.status_code}" if answered else f"{host} did not answer"
            pause = (self.get_retry_after(response) if answered else 0.0) or self._retries.pause * self._done(settings)
            self._retries.wait(pause, said, self._done(settings))
        return again

    def sleep(self, settings: dict[str, Any], transport: Any, response: Any = None) -> None:
        """`increment` has waited already."""

    @staticmethod
    def _done(settings: dict[str, Any]) -> int:
        return TRIES - 1 - int(settings["total"])
