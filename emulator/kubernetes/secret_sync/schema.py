"""What the definitions of SecretSync and AKVSync demand of an object, in the API server's words. [SRC]"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import AKV_SYNCS, SECRET_SYNCS, Kind

Object = dict[str, Any]
Problem = tuple[str, str]
"""Field and what is wrong with it."""
RESERVED = "secrets-store.sync.x-k8s.io"
_KEY = r"^[A-Za-z0-9.]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?(\/([0-9]+))*$"
_PATH = _KEY[:-1] + r"(\/tls\.(crt|key))?$"
"""[D] Certificates have parts, which the open source's own definition does not let through."""
_FORCE = r"^[A-Za-z0-9]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?$"
_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_LONGEST = 253
_ONE_OF = ("secretInAKV", "certInAKV", "kubernetesSecretName")


@dataclass(frozen=True)
class _Text:
    """A member that is a text: whether it must be there, how it must look."""

    pattern: str = ""
    required: bool = True
    least: int = 1


_SPEC = {
    "serviceAccountName": _Text(_NAME),
    "secretProviderClassName": _Text(_NAME),
    "forceSynchronization": _Text(_FORCE, required=False, least=0),
    "secretSyncControllerName": _Text("", required=False, least=0),
}
_ITEM = {"sourcePath": _Text(_PATH), "targetKey": _Text(_KEY)}
_AKV = {name: _Text() for name in ("keyvaultName", "clientID", "tenantID", "serviceAccountName")}
_METADATA = ("labels", "annotations")


def described(kind: Kind) -> Object | None:
    """The same as the definition has it, for who asks the API server; None for a kind without. [OWN] Descriptions and
    the rules in CEL are left out."""
    if kind is AKV_SYNCS:
        return {**_members(_AKV), "required": [*_AKV, "objects"]}
    if kind is not SECRET_SYNCS:
        return None
    item = _members(_ITEM)
    wanted = _members({"type": _Text()})
    wanted["properties"] |= {"data": {"type": "array", "minItems": 1, "items": item}}
    wanted["properties"] |= {name: {"type": "object", "additionalProperties": {"type": "string"}} for name in _METADATA}
    wanted["required"] = ["data", "type"]
    spec = _members(_SPEC)
    spec["properties"]["secretObject"] = wanted
    return {**spec, "required": ["secretObject", *spec["required"]]}


def _members(members: Mapping[str, _Text]) -> Object:
    shown: Object = {name: {"type": "string", "maxLength": _LONGEST} for name in members}
    for name, text in members.items():
        shown[name] |= {"pattern": text.pattern} if text.pattern else {}
        shown[name] |= {"minLength": text.least} if text.least else {}
    return {"type": "object", "properties": shown, "required": [name for name in members if members[name].required]}


def refuse_invalid(kind: Kind, content: Mapping[str, Any]) -> None:
    """Raises Refusal: 422, with everything that is wrong."""
    check = {SECRET_SYNCS: _secret_sync, AKV_SYNCS: _akv_sync}.get(kind)
    problems = list(check(content.get("spec"))) if check else []
    if problems:
        raise statuses.invalid_fields(kind, str(content["metadata"].get("name")), problems)


def _secret_sync(spec: Any) -> Iterator[Problem]:
    if not isinstance(spec, dict):
        return  # the definition does not demand it
    yield from _texts("spec", spec, _SPEC)
    wanted = spec.get("secretObject")
    if not isinstance(wanted, dict):
        yield "spec.secretObject", "Required value"
        return
    yield from _texts("spec.secretObject", wanted, {"type": _Text()})
    yield from _data(wanted.get("data"))
    for name in _METADATA:
        yield from _metadata(f"spec.secretObject.{name}", name.capitalize(), wanted.get(name) or {})


def _data(data: Any) -> Iterator[Problem]:
    field = "spec.secretObject.data"
    if data is None:
        yield field, "Required value"
        return
    if not data:
        yield field, f"Invalid value: 0: {field} in body should have at least 1 items"
    seen = set()
    for at, item in enumerate(data):
        yield from _texts(f"{field}[{at}]", item, _ITEM)
        key = item.get("targetKey")
        if key in seen:
            yield f"{field}[{at}]", f'Duplicate value: map[string]interface {{}}{{"targetKey":{json.dumps(key)}}}'
        seen.add(key)


def _metadata(field: str, name: str, given: Mapping[str, str]) -> Iterator[Problem]:
    """The rules that the definition has in CEL."""
    limit = 63 if name == "Labels" else _LONGEST
    if any(len(text) >= limit for pair in given.items() for text in pair):
        yield field, f'Invalid value: "object": {name} should have < {limit} characters for both keys and values.'
    if any(key.startswith(RESERVED) for key in given):
        text = f"{name} should not contain {RESERVED}. This key is reserved for the controller."
        yield field, f'Invalid value: "object": {text}'


def _akv_sync(spec: Any) -> Iterator[Problem]:
    if not isinstance(spec, dict):
        yield "spec", "Required value"
        return
    yield from _texts("spec", spec, _AKV)
    objects = spec.get("objects")
    if not objects:
        yield "spec.objects", "Required value"
    for at, one in enumerate(objects or []):
        if len([name for name in _ONE_OF if one.get(name)]) == 0 or (one.get("secretInAKV") and one.get("certInAKV")):
            # [INF] in which words
            yield f"spec.objects[{at}]", 'Invalid value: "object": exactly one kind of object must be specified'


def _texts(field: str, given: Mapping[str, Any], members: Mapping[str, _Text]) -> Iterator[Problem]:
    for name, wanted in members.items():
        where, value = f"{field}.{name}", given.get(name)
        if value is None:
            if wanted.required:
                yield where, "Required value"
        elif not isinstance(value, str):
            kind = _type(value)
            yield where, f'Invalid value: "{kind}": {where} in body must be of type string: "{kind}"'
        else:
            yield from _looks(where, value, wanted)


def _looks(where: str, value: str, wanted: _Text) -> Iterator[Problem]:
    if len(value) < wanted.least:
        yield where, f'Invalid value: "{value}": {where} in body should be at least {wanted.least} chars long'
    if len(value) > _LONGEST:
        yield where, f"Too long: may not be more than {_LONGEST} bytes"
    elif wanted.pattern and not re.search(wanted.pattern, value):
        yield where, f"Invalid value: {json.dumps(value)}: {where} in body should match '{wanted.pattern}'"


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")
