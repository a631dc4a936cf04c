"""Objects that kubectl creates without a manifest, which come in protobuf: `create ns`, `create token`, ... [SRC]"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from emulator.kubernetes.protobuf import MAGIC, RAW, number_at

Object = dict[str, Any]
Value = bytes | int
Fields = Mapping[int, list[Value]]
_TYPE = 1
_API_VERSION, _KIND = 1, 2
_METADATA = {1: "name", 2: "generateName", 3: "namespace"}
_LABELS, _ANNOTATIONS = 11, 12


def content(body: bytes) -> Object:
    """The object in the body of a request. Raises ValueError for bytes, and for kinds, that are not known here."""
    if not body.startswith(MAGIC):
        raise ValueError("not Kubernetes' protobuf")
    envelope = _fields(body[len(MAGIC) :])
    named = _fields(_bytes(envelope, _TYPE))
    kind = _bytes(named, _KIND).decode()
    if kind not in _READERS:
        raise ValueError(f"{kind} in protobuf is not known here")
    message = _fields(_bytes(envelope, RAW))
    head = {"apiVersion": _bytes(named, _API_VERSION).decode(), "kind": kind, "metadata": _metadata(_bytes(message, 1))}
    return {**head, **_READERS[kind](message)}


def _metadata(message: bytes) -> Object:
    fields = _fields(message)
    found: Object = {name: _bytes(fields, number).decode() for number, name in _METADATA.items() if number in fields}
    for number, name in ((_LABELS, "labels"), (_ANNOTATIONS, "annotations")):
        if number in fields:
            found[name] = {key: value.decode() for key, value in _pairs(fields, number).items()}
    return {name: value for name, value in found.items() if value}


def _secret(message: Fields) -> Object:
    data = {key: base64.b64encode(value).decode() for key, value in _pairs(message, 2).items()}
    found: Object = {"data": data} if data else {}
    return {**found, **({"type": _bytes(message, 3).decode()} if _bytes(message, 3) else {})}


def _config_map(message: Fields) -> Object:
    return {"data": {key: value.decode() for key, value in _pairs(message, 2).items()}}


def _token_request(message: Fields) -> Object:
    spec = _fields(_bytes(message, 2))
    found: Object = {"audiences": [one.decode() for one in spec.get(1, []) if isinstance(one, bytes)]}
    seconds = [one for one in spec.get(4, []) if isinstance(one, int)]
    return {"spec": {**found, **({"expirationSeconds": seconds[-1]} if seconds and seconds[-1] else {})}}


def _nothing(message: Fields) -> Object:
    return {}


_READERS: Mapping[str, Callable[[Fields], Object]] = {
    "ConfigMap": _config_map,
    "Namespace": _nothing,
    "Secret": _secret,
    "ServiceAccount": _nothing,
    "TokenRequest": _token_request,
}


def _pairs(fields: Fields, number: int) -> dict[str, bytes]:
    """A map: each entry is a message of key and value."""
    entries = [_fields(one) for one in fields.get(number, []) if isinstance(one, bytes)]
    return {_bytes(entry, 1).decode(): _bytes(entry, 2) for entry in entries}


def _bytes(fields: Fields, number: int) -> bytes:
    """The last value of a field that has a length; nothing where there is none."""
    found = [one for one in fields.get(number, []) if isinstance(one, bytes)]
    return found[-1] if found else b""


def _fields(message: bytes) -> Fields:
    found: dict[int, list[Value]] = {}
    at = 0
    while at < len(message):
        tag, at = number_at(message, at)
        value, at = number_at(message, at)
        if tag & 7 == 2:
            found.setdefault(tag >> 3, []).append(message[at : at + value])
            at += value
        elif tag & 7 == 0:
            found.setdefault(tag >> 3, []).append(value)
        else:
            raise ValueError(f"wire type {tag & 7}")
    return found
