"""What the routes of keys, secrets and certificates share: who asks, whether they may, pages, deleted things."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulator.core.http import Answer, Call
from emulator.dataplane.keyvault import access, refusals
from emulator.dataplane.keyvault.shelf import Named, Shelf, Version

_PAGE = 25


def caller_of(call: Call) -> access.Caller:
    """Whom the token names, by the way that the request came."""
    caller = access.Caller(call.claims["oid"], call.claims["tid"], app_id=call.claims.get("appid"))
    if call.endpoint_id:
        return replace(caller, path="private", address=call.source)
    return replace(caller, address=call.source) if call.source else caller


def allow(call: Call, kind: access.Kind, does: str) -> None:
    """Raises Refusal: 403 when the caller may not do that to what the path names, or to all of the kind."""
    vault = call.world.keyvault.vault(call.host)
    assert vault is not None
    wish = access.Wish(kind, does, call.params.get("name", ""))
    access.refuse_unless_allowed(call.world, vault, caller_of(call), wish)


def page(call: Call, items: Sequence[Mapping[str, Any]]) -> Answer:
    """One page; where it goes on is in an opaque `$skiptoken` of nextLink."""
    limit = call.query.get("maxresults", str(_PAGE))
    if not limit.isdigit() or not 1 <= int(limit) <= _PAGE:
        raise refusals.bad_parameter("maxresults must be in range from 1 to 25")
    try:
        start = int(base64.urlsafe_b64decode(call.query.get("$skiptoken", "MA==")))
    except ValueError as error:
        raise refusals.bad_parameter("The skiptoken is invalid.") from error
    end = start + int(limit)
    link = None
    if end < len(items):
        token = base64.urlsafe_b64encode(str(end).encode()).decode()
        version = call.query["api-version"]
        link = f"https://{call.host}{call.path}?api-version={version}&$skiptoken={token}&maxresults={limit}"
    return Answer(200, {"value": list(items[start:end]), "nextLink": link})


def deleted_members(call: Call, shelf: Shelf[Version], one: Named[Version]) -> dict[str, Any]:
    """What the answers about a deleted thing have before its bundle or item."""
    return {
        "recoveryId": f"https://{call.host}/deleted{shelf.kind}s/{one.name}",
        "deletedDate": one.deleted,
        "scheduledPurgeDate": shelf.purge_date(call.host, one),
    }
