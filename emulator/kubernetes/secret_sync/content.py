"""What goes into a Secret: objects of a vault by path, each under its key, and what is wrong with those that fail."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from emulator.kubernetes.secrets_store.parameters import Given, MountError
from emulator.kubernetes.secrets_store.provider import Circumstances, mount

_TLS = "kubernetes.io/tls"
_PARTS = ("tls.crt", "tls.key")
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\n?", re.DOTALL)


class InputError(Exception):
    """A SecretSync that does not fit its class."""


@dataclass
class Fetched:
    """`files` of the objects that came, and what the provider said of the others, by name."""

    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    failures: dict[str, str] = field(default_factory=dict)


def fetch_all(given: Given, around: Circumstances) -> Fetched:
    """All objects or none. Raises MountError."""
    return Fetched(dict(mount(given, around).files))


def fetch_each(given: Given, around: Circumstances) -> Fetched:
    """Object by object, as far as they come [D]. Raises MountError where none does, or nothing can be read."""
    blocks = _blocks(given.parameters.get("objects", ""))
    if len(blocks) < 2:
        return fetch_all(given, around)
    found, last = Fetched(), MountError("")
    for block in blocks:
        name = str((yaml.safe_load(block) or {}).get("objectName"))
        alone = yaml.safe_dump({"array": [block]})
        try:
            found.files |= mount(Given({**given.parameters, "objects": alone}, given.tokens), around).files
        except MountError as error:
            found.failures[name], last = str(error), error
    if not found.files:
        raise last
    return found


def _blocks(objects: str) -> list[str]:
    try:
        listed = (yaml.safe_load(objects) or {}).get("array") or []
    except (yaml.YAMLError, AttributeError):
        return []
    return [str(one) for one in listed]


def items(wanted: Mapping[str, Any], fetched: Fetched) -> tuple[dict[str, str], dict[str, str]]:
    """The data of the Secret in base64, and by target key why the others are not in it."""
    data: dict[str, str] = {}
    problems: dict[str, str] = {}
    for one in wanted["data"]:
        source, target = str(one["sourcePath"]).strip(), str(one["targetKey"]).strip()
        try:
            content = _content(source, target, str(wanted["type"]), fetched.files)
            data[target] = base64.b64encode(content).decode()
        except InputError as error:
            said = fetched.failures.get(source.partition("/")[0])
            problems[target] = said or str(error)
    return data, problems


def _content(source: str, target: str, kind: str, files: Mapping[str, bytes]) -> bytes:
    """Raises InputError."""
    base, _, part = source.rpartition("/")
    if source not in files and part in _PARTS and base in files:
        return _part_of(files[base], part)
    if source not in files:
        raise InputError(f"file matching sourcePath {source} not found in the pod")
    return _part_of(files[source], target) if kind == _TLS else files[source]


def _part_of(content: bytes, key: str) -> bytes:
    """[SRC] Of a PEM file the key, or the certificates."""
    if key not in _PARTS:
        why = f"key '{key}' is not supported. Only 'tls.key' and 'tls.crt' are supported"
        raise InputError(f"failed to get cert data for {key}: {why}")
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(content.decode(errors="replace"))]
    return "".join(text for name, text in blocks if ("PRIVATE KEY" in name) == (key == "tls.key")).encode()
