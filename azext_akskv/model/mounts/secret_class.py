"""SecretProviderClasses: what is to be fetched from a vault, and what Secrets are to be made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_akskv.model.ids import in_short
from azext_akskv.model.members import child, children, labels, text

KIND = "SecretProviderClass"
GROUP = "secrets-store.csi.x-k8s.io"
FIELDS = {
    "objectName": "name",
    "objectType": "type",
    "objectAlias": "alias",
    "objectVersion": "version",
    "objectFormat": "format",
    "objectEncoding": "encoding",
    "filePermission": "permission",
}
"""The provider's names of an object's texts, and ours. [SRC]"""
HISTORY = "objectVersionHistory"


@dataclass(frozen=True)
class Lint:
    """What of `parameters.objects` could not be read, or is not what it looks like. `place`: such as `objects` or
    `objects.array[1]`, counted from 0 as the provider counts. `mild`: the provider passes over it."""

    place: str
    message: str
    mild: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True)
class VaultObject:
    """An entry of the array as it is written, so that empty means that it is left out. `place` counts from 0; a history
    of None: the number cannot be read."""

    place: int
    name: str = ""
    type: str = ""
    alias: str = ""
    version: str = ""
    history: int | None = 0
    format: str = ""
    encoding: str = ""
    permission: str = ""

    @property
    def file(self) -> str:
        """Its name in the mount. [SRC]"""
        return self.alias or self.name

    @property
    def files(self) -> tuple[str, ...]:
        """One for each version where there is a history, the newest is 0. [SRC]"""
        count = self.history or 0
        return tuple(f"{self.file}/{number}" for number in range(min(count, 1000))) if count > 1 else (self.file,)


@dataclass(frozen=True)
class ObjectList:
    """`parameters.objects`, read: YAML, in which each entry of `array` is a text of YAML itself."""

    objects: tuple[VaultObject, ...] = ()
    lints: tuple[Lint, ...] = ()


@dataclass(frozen=True)
class SecretEntry:
    object_name: str
    key: str


@dataclass(frozen=True)
class SecretObject:
    """A Secret that the driver is to make."""

    secret: str
    type: str = ""
    data: tuple[SecretEntry, ...] = ()


@dataclass(frozen=True)
class SecretProviderClass:
    namespace: str
    name: str
    version: str = "v1"
    provider: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[VaultObject, ...] = ()
    lints: tuple[Lint, ...] = ()
    secret_objects: tuple[SecretObject, ...] = ()
    """`spec.secretObjects`."""

    def parameter(self, *names: str) -> str:
        """The first of these that is there, whatever its letters' case, without blanks around."""
        known = {name.lower(): value.strip() for name, value in self.parameters.items()}
        return next((known[name.lower()] for name in names if known.get(name.lower())), "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def parse_class(raw: Mapping[str, Any], objects: ObjectList) -> SecretProviderClass:
    """`objects` is what its `parameters.objects` came to. Raises BadInput."""
    metadata, spec = child(raw, "metadata"), child(raw, "spec")
    return SecretProviderClass(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        version=text(raw, "apiVersion").rpartition("/")[2],
        provider=text(spec, "provider"),
        parameters=labels(spec, "parameters"),
        objects=objects.objects,
        lints=objects.lints,
        secret_objects=tuple(_secret_object(each) for each in children(spec, "secretObjects")),
    )


def written_objects(raw: Mapping[str, Any]) -> str:
    """The text of `parameters.objects`. Raises BadInput."""
    return labels(child(raw, "spec"), "parameters").get("objects", "")


def object_of(place: int, entry: object) -> tuple[VaultObject | None, tuple[Lint, ...]]:
    """An entry as YAML came to it, whatever that is: all scalars are texts."""
    where = f"objects.array[{place}]"
    if not isinstance(entry, dict):
        return None, (Lint(where, f"expected fields such as objectName, found {_told(entry)}"),)
    lints = [*_strange(where, entry)]
    texts = {ours: _scalar(entry.get(name)) for name, ours in FIELDS.items()}
    written = _scalar(entry.get(HISTORY))
    history = int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None
    if history is None and written:
        lints.append(Lint(where, f"{HISTORY} is {in_short(written, 40)}; expected a number"))
    return VaultObject(place, history=history if written else 0, **texts), tuple(lints)


def _strange(where: str, entry: Mapping[Any, Any]) -> Iterable[Lint]:
    known = {name.lower(): name for name in (*FIELDS, HISTORY)}
    for name, value in entry.items():
        told = name if isinstance(name, str) else _told(name)
        if told in FIELDS or told == HISTORY:
            if not isinstance(value, str) and value is not None:
                yield Lint(where, f"{told} is {_told(value)}; expected a text")
        elif meant := known.get(told.lower()):
            yield Lint(where, f"{in_short(told, 60)} is passed over; it is written {meant}", mild=True)
        else:
            yield Lint(where, f"{in_short(told, 60)} is not known to the provider", mild=True)


def _scalar(value: object) -> str:
    return value if isinstance(value, str) else ""


def _told(value: object) -> str:
    if isinstance(value, str) and value:
        return in_short(value, 60)
    return "fields" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def _secret_object(raw: Mapping[str, Any]) -> SecretObject:
    data = tuple(SecretEntry(text(each, "objectName"), text(each, "key")) for each in children(raw, "data"))
    return SecretObject(text(raw, "secretName"), text(raw, "type"), data)
