"""As much of Kubernetes' protobuf as kubectl sends: the question of `kubectl auth can-i`. [SRC]"""

from __future__ import annotations

from typing import Any

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
RAW = 2
_SPEC, _RESOURCE, _PATH = 2, 1, 2
_RESOURCE_FIELDS = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
_PATH_FIELDS = {1: "path", 2: "verb"}


def access_review(body: bytes) -> dict[str, Any]:
    """The `spec` of a SelfSubjectAccessReview. Raises ValueError for bytes that are none."""
    if not body.startswith(MAGIC):
        raise ValueError("not Kubernetes' protobuf")
    spec = _fields(_fields(_fields(body[len(MAGIC) :]).get(RAW, b"")).get(_SPEC, b""))
    if _RESOURCE in spec:
        return {"resourceAttributes": _named(spec[_RESOURCE], _RESOURCE_FIELDS)}
    return {"nonResourceAttributes": _named(spec[_PATH], _PATH_FIELDS)} if _PATH in spec else {}


def _named(message: bytes, names: dict[int, str]) -> dict[str, str]:
    return {names[number]: value.decode() for number, value in _fields(message).items() if number in names}


def _fields(message: bytes) -> dict[int, bytes]:
    """The fields of a message that have a length, by number; others are passed over."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        tag, at = number_at(message, at)
        value, at = number_at(message, at)
        if tag & 7 == 2:
            found[tag >> 3] = message[at : at + value]
            at += value
        elif tag & 7 != 0:
            raise ValueError(f"wire type {tag & 7}")
    return found


def number_at(message: bytes, at: int) -> tuple[int, int]:
    """A varint, and where the message goes on. Raises ValueError."""
    value = shift = 0
    while at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("the message is cut off")
