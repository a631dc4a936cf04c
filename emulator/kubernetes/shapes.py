"""Which SecretProviderClasses and Deployments an API server takes: the schema of the one's definition, and the other's
validation. [SRC]"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import DEPLOYMENTS, SECRET_PROVIDER_CLASSES, Kind

Object = dict[str, Any]
_JSON = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_SECRET_OBJECT: Mapping[str, type] = {"secretName": str, "type": str, "labels": dict, "annotations": dict, "data": list}


def refuse_other_shape(kind: Kind, content: Object) -> None:
    """Raises Refusal: 422, with the first thing that is wrong."""
    name = str(content["metadata"].get("name"))
    problems: Iterator[tuple[str, str]] = iter(())
    if kind.plural == SECRET_PROVIDER_CLASSES.plural:
        problems = _of_class(content.get("spec"))
    elif kind is DEPLOYMENTS:
        problems = _of_deployment(content.get("spec") or {})
    for field, problem in problems:
        raise statuses.invalid(kind, name, field, problem)


def refuse_other_selector(old: Object, new: Object) -> None:
    """Raises Refusal: 422. A Deployment knows its pods by it for as long as it lives."""
    selector = (new.get("spec") or {}).get("selector")
    if selector != (old.get("spec") or {}).get("selector"):
        text = f"Invalid value: {json.dumps(selector)}: field is immutable"
        raise statuses.invalid(DEPLOYMENTS, old["metadata"]["name"], "spec.selector", text)


def pruned(kind: Kind, content: Object) -> Object:
    """What the definition's schema does not name is dropped without a word."""
    spec = content.get("spec")
    if kind.plural != SECRET_PROVIDER_CLASSES.plural or not isinstance(spec, dict):
        return content
    known = {name: value for name, value in spec.items() if name in ("provider", "parameters", "secretObjects")}
    return {**content, "spec": known}


def _of_class(spec: Any) -> Iterator[tuple[str, str]]:
    if spec is None:
        return
    if not isinstance(spec, dict):
        yield _wrong("spec", dict, spec)
        return
    yield from _typed("spec", spec, {"provider": str, "parameters": dict, "secretObjects": list})
    yield from _texts("spec.parameters", spec.get("parameters"))
    for place, one in enumerate(spec.get("secretObjects") or []):
        where = f"spec.secretObjects[{place}]"
        if not isinstance(one, dict):
            yield _wrong(where, dict, one)
            continue
        yield from _typed(where, one, _SECRET_OBJECT)
        yield from _texts(f"{where}.labels", one.get("labels"))
        for number, entry in enumerate(one.get("data") or []):
            yield from _typed(f"{where}.data[{number}]", entry, {"key": str, "objectName": str})


def _typed(where: str, given: Object, expected: Mapping[str, type]) -> Iterator[tuple[str, str]]:
    for name, kind in expected.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            yield _wrong(f"{where}.{name}", kind, given[name])


def _texts(where: str, given: Any) -> Iterator[tuple[str, str]]:
    for name, value in (given or {}).items():
        if not isinstance(value, str):
            yield _wrong(f"{where}.{name}", str, value)


def _wrong(field: str, expected: type, found: Any) -> tuple[str, str]:
    kind = _JSON.get(type(found), "null")
    return field, f'Invalid value: "{kind}": {field} in body must be of type {_JSON[expected]}: "{kind}"'


def _of_deployment(spec: Object) -> Iterator[tuple[str, str]]:
    wanted = (spec.get("selector") or {}).get("matchLabels")
    template = spec.get("template") or {}
    if not wanted:
        yield "spec.selector", "Required value"
        return
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not wanted.items() <= labels.items():
        told = f"Invalid value: {json.dumps(labels)}: `selector` does not match template `labels`"
        yield "spec.template.metadata.labels", told
    if not (template.get("spec") or {}).get("containers"):
        yield "spec.template.spec.containers", "Required value"
