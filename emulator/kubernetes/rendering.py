"""The forms that a client may ask objects in: plain JSON, Tables, metadata only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from emulator.core.http import Answer
from emulator.kubernetes import objects, statuses
from emulator.kubernetes.kinds import Kind
from emulator.kubernetes.registry import Found, Page
from emulator.kubernetes.tables import cells, columns

_JSON = {"Content-Type": "application/json"}
_META = "meta.k8s.io/v1"
Object = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """`kind` is empty for plain JSON, else Table or PartialObjectMetadata; `include` is None, Metadata or Object: what
    a Table's rows carry besides their cells."""

    kind: str
    include: str


@lru_cache(maxsize=64)
def form_of(accept: str, include: str) -> Form:
    """The first form in an Accept header that an API server can give.

    Raises Refusal: 406 when there is none.
    """
    for offer in accept.split(",") if accept else ["application/json"]:
        media, *parameters = [part.strip() for part in offer.split(";")]
        wanted = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media not in ("application/json", "application/*", "*/*"):
            continue
        kind = wanted.get("as", "").removesuffix("List")
        if not kind:
            return Form("", "")
        if kind in ("Table", "PartialObjectMetadata") and (wanted.get("g"), wanted.get("v")) == ("meta.k8s.io", "v1"):
            return Form(kind, include or "Metadata")
    raise statuses.not_acceptable(["application/json"])


def one(kind: Kind, found: Found, form: Form, now: datetime) -> bytes:
    """One object as bytes of JSON."""
    if not form.kind:
        head = f'{{"kind":"{kind.kind}","apiVersion":"{kind.api_version}",'.encode()
        return head + objects.with_revision(found.plain, found.revision)[1:]
    if form.kind == "Table":
        return _table(kind, [found], form, now, {"resourceVersion": str(found.revision)})
    return _dumped(_partial(_content(found)))


def many(kind: Kind, page: Page, form: Form, now: datetime) -> bytes:
    """A page of a list as bytes of JSON."""
    metadata: Object = {"resourceVersion": str(page.revision)}
    if page.token:
        metadata["continue"] = page.token
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
    if form.kind == "Table":
        return _table(kind, page.items, form, now, metadata)
    if form.kind:
        head = {"kind": f"{form.kind}List", "apiVersion": _META, "metadata": metadata}
        return _with_items(head, [_dumped(_partial(_content(found))) for found in page.items])
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    return _with_items(head, [objects.with_revision(found.plain, found.revision) for found in page.items])


def answered(status: int, body: bytes | AsyncIterator[bytes]) -> Answer:
    return Answer(status, body, dict(_JSON))


def _content(found: Found) -> Object:
    content = found.content()
    content["metadata"]["resourceVersion"] = str(found.revision)
    return content


def _partial(content: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": _META, "metadata": content["metadata"]}


def _table(kind: Kind, found: Sequence[Found], form: Form, now: datetime, metadata: Object) -> bytes:
    rows = []
    for item in found:
        content = item.content()
        row_cells = cells(kind, content, now)
        rows.append({"cells": row_cells, "object": _row_object(kind, content, item.revision, form.include)})
    body = {"kind": "Table", "apiVersion": _META, "metadata": metadata, "columnDefinitions": columns(kind)}
    return _dumped({**body, "rows": rows})


def _row_object(kind: Kind, content: Object, revision: int, include: str) -> Object | None:
    """[SEEN] None is written as null: then a row carries nothing but its cells."""
    if include == "None":
        return None
    content["metadata"]["resourceVersion"] = str(revision)
    if include == "Object":
        return {"kind": kind.kind, "apiVersion": kind.api_version, **content}
    return _partial(content)


def _with_items(head: Object, items: list[bytes]) -> bytes:
    return _dumped(head)[:-1] + b',"items":[' + b",".join(items) + b"]}"


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
