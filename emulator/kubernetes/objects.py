"""What an API server itself writes into objects, and which objects it does not take."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

from emulator.kubernetes import pods, shapes, statuses
from emulator.kubernetes.kinds import CONFIG_MAPS, DEPLOYMENTS, PODS, SECRETS, Kind
from emulator.kubernetes.secret_sync import schema

Object = dict[str, Any]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_MAX_SECRET = 1024 * 1024
_SECRET_FIELDS = ("apiVersion", "kind", "metadata", "data", "immutable", "stringData", "type")
# Kept from the object that is there, whatever an update says.
_KEPT = ("name", "namespace", "uid", "creationTimestamp")


def encoded(content: Object) -> bytes:
    """The bytes that are stored: `{"metadata":{...},...}`, without kind, apiVersion and resourceVersion."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def with_revision(plain: bytes, revision: int) -> bytes:
    """Stored bytes as JSON with the resourceVersion in the metadata, which always come first."""
    return b'{"metadata":{"resourceVersion":"%d",' % revision + plain[13:]


def timestamp(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"


def stored_form(kind: Kind, body: Any) -> Object:
    """What is stored of an object that a client sent.

    Raises Refusal: 400 when it is not an object of the kind.
    """
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        raise statuses.bad_request(f"the object provided is unrecognized (must be of type {kind.kind})")
    for name, expected in (("kind", kind.kind), ("apiVersion", kind.api_version)):
        if body.get(name, expected) != expected:
            text = f"{kind.kind} in version {kind.api_version!r} cannot be handled as a {body.get('kind')}"
            raise statuses.bad_request(text)
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    unknown = _unknown_fields(kind, body)
    rest = {name: value for name, value in body.items() if name not in ("kind", "apiVersion", "metadata", *unknown)}
    content = {"metadata": metadata, **rest}
    return _completed_secret(content) if kind is SECRETS else shapes.pruned(kind, content)


def refuse_unknown_fields(kind: Kind, body: Object) -> None:
    """[SRC] What `fieldValidation=Strict` asks for; without it unknown fields are dropped. Only Secrets have a schema
    here.

    Raises Refusal: 400.
    """
    unknown = ", ".join(f'unknown field "{name}"' for name in _unknown_fields(kind, body))
    if unknown:
        handled = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        raise statuses.bad_request(f"{handled}: strict decoding error: {unknown}")


def _unknown_fields(kind: Kind, body: Object) -> list[str]:
    return [name for name in body if kind is SECRETS and name not in _SECRET_FIELDS]


def _completed_secret(content: Object) -> Object:
    """stringData is written into data and is never read back [D]; a Secret without a type is Opaque."""
    strings = content.pop("stringData", None)
    if strings:
        written = {name: base64.b64encode(text.encode()).decode() for name, text in strings.items()}
        content["data"] = {**(content.get("data") or {}), **written}
    content.setdefault("type", "Opaque")
    return content


def updated(kind: Kind, old: Object, body: Object) -> Object:
    """The stored form of an update over the object that is there.

    Raises Refusal: 400 when body and object are not the same kind, name or namespace.
    """
    new = stored_form(kind, body)
    for field in ("name", "namespace"):
        given, there = new["metadata"].get(field), old["metadata"].get(field)
        if given and given != there:
            text = f"the {field} of the object ({given}) does not match the {field} on the URL ({there})"
            raise statuses.bad_request(text)
    rest = {name: value for name, value in new["metadata"].items() if name not in (*_KEPT, "resourceVersion")}
    kept = {name: old["metadata"][name] for name in _KEPT if name in old["metadata"]}
    whole = {**new, "metadata": {**kept, **rest}}
    if kind.status:
        whole = {name: value for name, value in whole.items() if name != "status"}
        whole |= {"status": old["status"]} if "status" in old else {}
    return _counted(kind, old, whole)


def begun(kind: Kind, content: Object) -> Object:
    """A new object of a custom kind: the first of its generations, and without a status. [SRC]"""
    if not kind.custom:
        return content
    first = {name: value for name, value in content.items() if name != "status" or not kind.status}
    return {**first, "metadata": {**content["metadata"], "generation": 1}}


def _counted(kind: Kind, old: Object, new: Object) -> Object:
    """[SRC] What changes more than metadata and status makes another generation."""
    if not kind.custom:
        return new
    apart = ("metadata", "status")
    same = {k: v for k, v in old.items() if k not in apart} == {k: v for k, v in new.items() if k not in apart}
    generation = int(old["metadata"].get("generation", 1)) + (not same)
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def refuse_invalid(kind: Kind, content: Object) -> None:
    """Raises Refusal: 422 for a name, a shape, a data key or a size that cannot be, 400 for data that is not base64."""
    name = content["metadata"].get("name")
    if not name:
        raise statuses.invalid(kind, "", "metadata.name", "Required value: name or generateName is required")
    if not _NAME.fullmatch(name):
        text = f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric '
        text += "characters, '-' or '.', and must start and end with an alphanumeric character"
        raise statuses.invalid(kind, name, "metadata.name", text)
    shapes.refuse_other_shape(kind, content)
    schema.refuse_invalid(kind, content)
    if kind not in (SECRETS, CONFIG_MAPS):
        return
    data = content.get("data") or {}
    for key, value in data.items():
        if not _DATA_KEY.fullmatch(key):
            text = (
                f"Invalid value: \"{key}\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            )
            raise statuses.invalid(kind, name, f"data[{key}]", text)
        if kind is SECRETS:
            _refuse_unless_base64(value)
    if sum(len(value) for value in data.values()) * 3 // 4 > _MAX_SECRET:
        raise statuses.invalid(kind, name, "data", f"Too long: must have at most {_MAX_SECRET} bytes")


def _refuse_unless_base64(value: Any) -> None:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        text = f'Secret in version "v1" cannot be handled as a Secret: illegal base64 data: {error}'
        raise statuses.bad_request(text) from error


def refuse_forbidden_change(kind: Kind, old: Object, new: Object) -> None:
    """Raises Refusal: 422 for a Secret's type, for the data of what is immutable [D], and for a pod's spec."""
    name = old["metadata"]["name"]
    if kind is PODS:
        pods.refuse_other_spec(old, new)
    if kind is DEPLOYMENTS:
        shapes.refuse_other_selector(old, new)
    if kind is SECRETS and new.get("type") != old.get("type"):
        raise statuses.invalid(kind, name, "type", f'Invalid value: "{new.get("type")}": field is immutable')
    if kind not in (SECRETS, CONFIG_MAPS) or not old.get("immutable"):
        return
    for field in ("immutable", "data", "binaryData"):
        if new.get(field) != old.get(field):
            raise statuses.invalid(kind, name, field, "Forbidden: field is immutable when `immutable` is set")
