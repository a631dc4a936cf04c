"""Lists of ARM, page by page, as plain JSON: an SDK's own lists make a model of each item first, which for a thousand
clusters costs more than all the rest of a look at them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from azure.core.rest import HttpRequest

from azext_akskv.gateways.answers import Answer, Json, answered
from azext_akskv.gateways.clients import Clients
from azext_akskv.model.members import children, text


def pages(clients: Clients, subscription: str, path: str, version: str) -> Iterator[Answer]:
    """Each page when it is asked for. Raises what the SDK raises."""
    following: str | None = f"{quote(path)}?api-version={version}"
    while following:
        reply = clients.send(subscription, HttpRequest("GET", following))
        reply.raise_for_status()
        page = answered(reply)
        yield page
        following = within_arm(text(page.json, "nextLink"))


def listed(clients: Clients, subscription: str, path: str, version: str) -> Iterator[Json]:
    """All items of all pages."""
    for page in pages(clients, subscription, path, version):
        yield from children(page.json, "value")


def within_arm(following: str) -> str | None:
    """The path of a next page: our token goes to ARM's own host, whatever the answer says."""
    if not following:
        return None
    url = urlsplit(following)
    return f"{url.path}?{url.query}"
