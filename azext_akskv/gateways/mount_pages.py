"""Lists of the API server, page by page, and questions asked side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected
from azext_akskv.gateways.kube import following, understanding
from azext_akskv.gateways.kube_server import Reply, Request
from azext_akskv.gateways.mount_lists import NODES, PODS, Answer, Items, Wanted
from azext_akskv.model.members import children, text

T = TypeVar("T")
Json = dict[str, Any]
Ask = Callable[[Request], Reply]
"""KubeSecrets.ask."""
PAGE = 250
LARGE = {PODS.plural: 100, NODES.plural: 100}
"""Of what has some 10 kB each: an answer of more than kube_server.MOST_BYTES is not read."""
TOO_LARGE = "too-large"


def side_by_side(calls: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """What each comes to, in their order. Raises what the first one raised that raises."""
    if workers == 1 or len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(min(workers, len(calls)), "akskv") as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def answer_of(ask: Ask, wanted: Wanted, namespace: str | None) -> Answer:
    """The list as far as it may be read, or why not."""
    try:
        return Items(_items(ask, wanted, wanted.scope(namespace)))
    except Denied as error:
        narrower = wanted.narrower(namespace)
        if narrower is None:
            return error
        try:
            return Items(_items(ask, wanted, narrower), narrower)
        except GatewayError:
            return error
    except GatewayError as error:
        return error


def _items(ask: Ask, wanted: Wanted, namespace: str | None) -> list[Json]:
    """Raises Missing where the API server does not know the kind, in its older version neither."""
    try:
        return list(_listed(ask, wanted, namespace))
    except Missing:
        older = wanted.older()
        if older is None:
            raise
    return list(_listed(ask, older, namespace))


def _listed(ask: Ask, wanted: Wanted, namespace: str | None) -> Iterator[Json]:
    limit, after = LARGE.get(wanted.plural, PAGE), ""
    while True:
        query = {**dict(wanted.selectors), "limit": str(limit), **({"continue": after} if after else {})}
        try:
            reply = ask(Request(wanted.doing, "GET", wanted.path(namespace), query))
        except Missing as error:
            if not after:
                raise
            raise Rejected(error.doing, error.code, f"it changed while it was read: {error.message}") from error
        except Rejected as error:
            if error.code != TOO_LARGE or limit == 1:
                raise
            limit = max(1, limit // 4)
            continue
        yield from _on_page(wanted, reply)
        after = following(reply) or ""
        if not after:
            return


def _on_page(wanted: Wanted, reply: Reply) -> list[Json]:
    """Items of a list do not say themselves of which version they are."""
    with understanding(wanted.doing):
        version = text(reply.json, "apiVersion")
        return [{"apiVersion": version, **each} for each in children(reply.json, "items")]
