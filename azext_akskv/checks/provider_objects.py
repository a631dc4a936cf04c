"""Checks of the two lists in a SecretProviderClass: what to fetch, and what Secrets to make of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.provider_classes import class_by_class, edit, put_at, unknown
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import TYPES, ProviderView
from azext_akskv.model.mounts.secret_class import SecretObject, SecretProviderClass, VaultObject
from azext_akskv.model.snapshot import Snapshot

FORMATS, ENCODINGS = ("pem", "pfx"), ("hex", "base64", "utf-8")
TLS, TLS_KEYS = "kubernetes.io/tls", ("tls.crt", "tls.key")

_OCTAL = re.compile(r"[+-]?[0-7]{1,11}", re.ASCII)
_MEANT = {"certificate": "cert", "certificates": "cert", "certs": "cert", "secrets": "secret", "keys": "key"}


@check("class-objects", PROVIDER, State.ERROR, "the classes' objects can be read, and each has a file of its own")
def class_objects(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(_: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        for lint in one.lints:
            yield Problem(
                f"{one}: {lint}",
                "the provider passes over it, and what it should say is not done"
                if lint.mild
                else "objects is YAML within YAML: a block `array:` with one `- |` entry for each object. The provider "
                "refuses the class, and no pod that names it starts",
                edit(one),
                State.WARNING if lint.mild else None,
            )
        if one.parameter("objects").strip() and not one.objects and readable(one):
            yield Problem(f"{one} fetches nothing: the array is empty", "the driver refuses such an answer", edit(one))
        for each in one.objects:
            for told, why in _amiss(each):
                yield Problem(f"{one}: {_named(each)}: {told}", why, edit(one))
        yield from _same_file(one)

    yield from class_by_class(snapshot, examine)


def readable(one: SecretProviderClass) -> bool:
    """Whether its objects are all that are written: an entry that cannot be read may be any."""
    return all(lint.mild for lint in one.lints)


def _named(each: VaultObject) -> str:
    return f"objects.array[{each.place}] {in_short(each.name, 130)}" if each.name else f"objects.array[{each.place}]"


def _amiss(each: VaultObject) -> Iterator[tuple[str, str]]:
    """What is wrong, and why it matters. [SRC]"""
    refused = "the provider refuses the object, and with it the mount"
    if not each.name.strip():
        yield "no objectName", "the vault is asked for the list of all instead"
    kind = each.type.strip()
    if kind not in TYPES:
        meant = _MEANT.get(kind.lower(), kind.lower() if kind.lower() in TYPES else "")
        told = f"objectType is {in_short(kind, 40)}" if kind else "no objectType"
        yield f"{told}; expected {meant or 'secret, key or cert'}", refused
    yield from ((told, refused) for told in _options(each, kind))
    if each.file.startswith("/") or ".." in each.file:
        yield f"the file {in_short(each.file, 80)} is outside the mount", refused


def _options(each: VaultObject, kind: str) -> Iterator[str]:
    shape, encoding, permission = (text.strip() for text in (each.format, each.encoding, each.permission))
    if shape and shape.lower() not in FORMATS:
        yield f"objectFormat is {in_short(shape, 40)}; expected pem or pfx"
    elif shape.lower() == "pfx" and kind in ("key", "cert"):
        yield "objectFormat pfx is for objectType secret alone"
    if encoding and encoding.lower() not in ENCODINGS:
        yield f"objectEncoding is {in_short(encoding, 40)}; expected utf-8, hex or base64"
    elif encoding and kind in ("key", "cert"):
        yield "objectEncoding is for objectType secret alone"
    if permission and not _OCTAL.fullmatch(permission):
        yield f"filePermission is {in_short(permission, 40)}; expected an octal number such as 0644"


def _same_file(one: SecretProviderClass) -> Iterator[Problem]:
    counts = Counter(file for each in one.objects for file in each.files if file)
    for file, count in counts.items():
        if count > 1:
            places = ", ".join(_named(each) for each in one.objects if file in each.files)
            yield Problem(
                f"{one}: {count} objects go to the file {in_short(file, 80)}: {places}",
                "only one of them is there in the end; an objectAlias gives each a name of its own",
                edit(one),
            )


@check("class-secret-objects", PROVIDER, State.ERROR, "what secretObjects names is in the mount")
def class_secret_objects(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(_: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        if one.secret_objects and not readable(one):
            yield unknown(one, "what of secretObjects is mounted cannot be told: objects cannot be read")
        for place, each in enumerate(one.secret_objects):
            where = f"{one}: the Secret {in_short(each.secret, 80) if each.secret else 'without a secretName'}"
            for told, why in (*_incomplete(each), *_keys(one, each)):
                yield Problem(f"{where}: {told}", why, edit(one))
            for told, why, command in _missing(one, place) if readable(one) else ():
                yield Problem(f"{where}: {told}", why, command)

    yield from class_by_class(snapshot, examine)


UNMADE = "the driver does not make the Secret, though the mount succeeds; a container that needs it does not start"


def _incomplete(each: SecretObject) -> Iterator[tuple[str, str]]:
    lacking = [
        name for name, there in (("secretName", each.secret), ("type", each.type), ("data", each.data)) if not there
    ]
    if lacking:
        yield f"no {', no '.join(lacking)}", UNMADE
    if any(not entry.key for entry in each.data):
        yield "an entry of data has no key", UNMADE


def _keys(one: SecretProviderClass, each: SecretObject) -> Iterator[tuple[str, str]]:
    counts = Counter(entry.key for entry in each.data if entry.key)
    for key, count in counts.items():
        if count > 1:
            yield f"the key {in_short(key, 80)} comes {count} times", "only one of the values is there in the end"
    if each.type != TLS or not each.data:
        return
    if lacking := [key for key in TLS_KEYS if key not in counts]:
        yield f"its type is {TLS}, and it has no {', no '.join(lacking)}", f"both are needed; {UNMADE}"
    if strange := [key for key in counts if key not in TLS_KEYS]:
        told = ", ".join(in_short(key, 80) for key in strange)
        yield f"its type is {TLS}, which has no {told}", f"it takes tls.crt and tls.key alone; {UNMADE}"
    private = {entry.object_name for entry in each.data if entry.key == "tls.key"}
    for found in one.objects:
        if found.type in ("cert", "key") and private.intersection(found.files):
            yield (
                f"tls.key comes of {in_short(found.name, 80)}, fetched as {found.type}",
                f"that has no private key in it; objectType secret of a certificate has key and chain. {UNMADE}",
            )


def _missing(one: SecretProviderClass, place: int) -> Iterator[tuple[str, str, str]]:
    """What is wrong, why it matters, and the command."""
    files = [file for found in one.objects for file in found.files]
    for number, entry in enumerate(one.secret_objects[place].data):
        name = entry.object_name
        if name in files:
            continue
        meant = next((found.files[0] for found in one.objects if name in (found.name, found.file)), "")
        told = f"objectName is {in_short(name, 80)}, " if name else "an entry of data has no objectName, "
        hint = f"; its file is {in_short(meant, 80)}" if meant else f"; the files are {_few(files)}"
        yield (
            f"{told}and there is no such file in the mount{hint}",
            f"objectName is the file's name here: the alias where there is one, and /0 behind it with a history. "
            f"{UNMADE}",
            put_at(one, f"/spec/secretObjects/{place}/data/{number}/objectName", name, meant)
            if name and meant
            else edit(one),
        )


def _few(files: list[str]) -> str:
    shown = ", ".join(in_short(each, 60) for each in files[:5])
    return f"{shown} and {len(files) - 5} more" if len(files) > 5 else shown or "none"
