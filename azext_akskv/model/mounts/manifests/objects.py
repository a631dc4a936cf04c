"""The files of a mount, and `parameters.objects` of a SecretProviderClass: YAML whose entries are texts of YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.secret_class import ObjectList, VaultObject
from azext_akskv.model.vault_object import ObjectType

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_NO_TEXTS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What one version of YAML or another takes for something else than a text."""


@dataclass(frozen=True)
class Entry:
    """An object and the file that it becomes. `type` is what is fetched: of a certificate that shall become a Secret of
    the type kubernetes.io/tls, the secret of its name, which has the private key and the whole chain. [D]"""

    asked: AskedObject
    file: str
    type: ObjectType

    @property
    def becomes_tls(self) -> bool:
        return self.asked.type is ObjectType.CERT and self.type is ObjectType.SECRET


def entries_of(objects: Sequence[AskedObject], with_secrets: bool) -> tuple[Entry, ...]:
    """A certificate is also a key and a secret of its name: of several of one name the first has the name for its file,
    the others their type behind it, unless an alias says otherwise."""
    taken: set[str] = set()
    found = []
    for each in objects:
        file = each.alias or (each.name if each.name not in taken else f"{each.name}-{each.type.value}")
        taken.add(file)
        as_secret = with_secrets and each.type is ObjectType.CERT
        found.append(Entry(each, file, ObjectType.SECRET if as_secret else each.type))
    return tuple(found)


def twice(entries: Iterable[Entry]) -> tuple[str, ...]:
    """Names of files that more than one object would have."""
    files = [each.file for each in entries]
    return tuple(dict.fromkeys(each for each in files if files.count(each) > 1))


def written_objects(entries: Sequence[Entry]) -> str:
    """As the provider reads it."""
    blocks = []
    for each in entries:
        told = {"objectName": each.asked.name, "objectType": each.type.value}
        if each.file != each.asked.name:
            told["objectAlias"] = each.file
        if each.asked.version:
            told["objectVersion"] = each.asked.version
        lines = [f"    {name}: {scalar(value)}\n" for name, value in told.items()]
        blocks.append("  - |\n" + "".join(lines))
    return "array:\n" + "".join(blocks)


def object_list(entries: Sequence[Entry]) -> ObjectList:
    """What reading `written_objects` comes to."""
    return ObjectList(
        tuple(
            VaultObject(
                place,
                each.asked.name,
                each.type.value,
                each.file if each.file != each.asked.name else "",
                each.asked.version,
            )
            for place, each in enumerate(entries)
        )
    )


def scalar(text: str) -> str:
    """A text that every parser of YAML takes for a text."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXTS
    return text if plain else json.dumps(text)
