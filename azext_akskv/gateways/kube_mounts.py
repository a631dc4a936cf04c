"""Fills ports.Mounts by the API server itself, or by whichever way was decided on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeGuard, TypeVar
from urllib.parse import quote

from azext_akskv.failures import GatewayError, Rejected, Unavailable
from azext_akskv.gateways.kube_mounts_inside import InvokedMounts
from azext_akskv.gateways.kube_server import Request
from azext_akskv.gateways.kube_status import UNAUTHORIZED
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.mount_lists import ACCOUNTS, DRIVER, LISTS, Answer, each_of, places_of, seen_of
from azext_akskv.gateways.mount_pages import Ask, answer_of, side_by_side
from azext_akskv.gateways.mount_secrets import may_make_secrets, secrets_of
from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen
from azext_akskv.model.mounts.synced import ServiceAccount, parse_account
from azext_akskv.model.observed import Observed

T = TypeVar("T")
AT_ONCE = 8
CHANGING = ("classes", "statuses", "pods", "events")
"""The lists of a glance."""
NOT_ASKED = Rejected("look", "", "not asked for at a glance")
MOST_LOG_BYTES = 2 << 20
MOST_LOG_LINES = 20_000
"""The newest ones of a container's log; where they are more than the bytes, as many of the newest as are not."""
FEWEST_LOG_LINES = 300
LONGEST_LINE = 1 << 18
"""What is cut off in the middle of a line ends with the line before. Errors of Key Vault have some 2 kB."""


class KubeMounts:
    """`ask` is KubeSecrets.ask, `lines` the lines of a text, `workers`: so many requests may be under way at once."""

    def __init__(self, ask: Ask, lines: Callable[[Request], Iterable[str]], workers: int = AT_ONCE) -> None:
        self._ask = ask
        self._lines = lines
        self._workers = min(workers, AT_ONCE)

    def look(self, namespace: str | None = None) -> Seen:
        driver = answer_of(self._ask, DRIVER, None)
        if is_hopeless(driver):
            raise driver
        calls = [partial(answer_of, self._ask, wanted, namespace) for wanted in LISTS.values()]
        found = side_by_side(calls, self._workers)
        seen = seen_of(namespace, driver, dict(zip(LISTS, found, strict=True)))
        places = places_of(seen)
        return replace(
            seen,
            secrets=self._for_each(places.secrets, partial(secrets_of, self._ask)),
            accounts=self._for_each(places.accounts, self._accounts),
            sync_rights=self._for_each(places.rights, lambda right: may_make_secrets(self._ask, *right)),
        )

    def glance(self, namespace: str | None = None) -> Seen:
        calls = [partial(answer_of, self._ask, LISTS[each], namespace) for each in CHANGING]
        found = side_by_side(calls, self._workers)
        if hopeless := next(filter(is_hopeless, found), None):
            raise hopeless
        unasked = dict.fromkeys(LISTS, NOT_ASKED)
        seen = seen_of(namespace, NOT_ASKED, unasked | dict(zip(CHANGING, found, strict=True)))
        wanting = {each.namespace for each in seen.classes.value or () if each.secret_objects}
        places = [each for each in places_of(seen).secrets if each in wanting]
        return replace(seen, secrets=self._for_each(places, partial(secrets_of, self._ask, labelled=False)))

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        for source in sources:
            try:
                yield self._log(source, since_seconds)
            except GatewayError as error:
                yield PodLog(source, gap=f"cannot {error}")

    def _for_each(self, places: Sequence[Any], read: Callable[[Any], T]) -> dict[Any, T]:
        found = side_by_side([partial(read, place) for place in places], self._workers)
        return dict(zip(places, found, strict=True))

    def _accounts(self, namespace: str) -> Observed[tuple[ServiceAccount, ...]]:
        return each_of(ACCOUNTS, answer_of(self._ask, ACCOUNTS, namespace), parse_account)

    def _log(self, source: LogSource, since_seconds: int) -> PodLog:
        """The bytes are counted from the first line on, so that fewer lines are asked for where the last ones would be
        missing. Raises GatewayError."""
        most = MOST_LOG_LINES
        while True:
            lines = list(self._lines(log_request(source, since_seconds, most)))
            full = sum(len(each.encode()) + 1 for each in lines) > MOST_LOG_BYTES - LONGEST_LINE
            if not full or most <= FEWEST_LOG_LINES:
                break
            most = max(FEWEST_LOG_LINES, most // 4)
        cut = f"only its last {most:,} lines were read" if len(lines) >= most or most < MOST_LOG_LINES else ""
        if full:
            cut = f"of its last {most:,} lines no more than {MOST_LOG_BYTES >> 20} MB were read"
        return PodLog(source, tuple(lines), cut)


class EitherMounts:
    """By the way that was decided on."""

    def __init__(self, way: Way, direct: KubeMounts, invoked: InvokedMounts) -> None:
        self._way = way
        self._direct = direct
        self._invoked = invoked

    def look(self, namespace: str | None = None) -> Seen:
        return self._chosen().look(namespace)

    def glance(self, namespace: str | None = None) -> Seen:
        return self._chosen().glance(namespace)

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        return self._chosen().logs(sources, since_seconds)

    def _chosen(self) -> KubeMounts | InvokedMounts:
        return self._invoked if self._way.inside() else self._direct


def is_hopeless(answer: Answer) -> TypeGuard[GatewayError]:
    """Whether the next questions would end the same way: the API server did not answer, or nobody could log in."""
    if not isinstance(answer, GatewayError):
        return False
    asked = answer.doing in {each.doing for each in (DRIVER, *LISTS.values())}
    return isinstance(answer, Unavailable) or not asked or answer.code == UNAUTHORIZED


def log_request(source: LogSource, since_seconds: int, most_lines: int) -> Request:
    namespace, pod = quote(source.namespace, safe=""), quote(source.pod, safe="")
    query = {"container": source.container, "sinceSeconds": str(since_seconds), "tailLines": str(most_lines)}
    query |= {"limitBytes": str(MOST_LOG_BYTES), **({"previous": "true"} if source.previous else {})}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
    return Request(f"read the log of {source}", "GET", path, query, accept="*/*")
