"""The objects of Kubernetes by which secrets are copied, in the order of the document and always the same; how others
differ from them, and the change that makes them alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import child, text, whole
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Manifest, Ref, head
from azext_akskv.model.mounts.secret_class import SecretProviderClass, VaultObject
from azext_akskv.model.mounts.worker import FALSE, FLAGS
from azext_akskv.model.secret_store.names import names_for, target_key
from azext_akskv.model.secret_store.sync import OPAQUE, SecretSync

TLS, TLS_KEYS = "kubernetes.io/tls", ("tls.crt", "tls.key")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_NO_TEXTS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What one version of YAML or another takes for something else than a text."""
_IDS = frozenset({"clientid", "tenantid", "keyvaultname"})
"""Their letters' case means nothing. [D]"""
_TOLD = 80


@dataclass(frozen=True)
class Copied:
    """A thing of the vault that is to be copied. `history`: how many of its versions, 1 for the newest alone. A
    certificate is fetched as the secret of its name, which alone has the private key. [D]"""

    name: str
    history: int = 1
    certificate: bool = False


@dataclass(frozen=True)
class Setup:
    """One class for each vault, identity and namespace; one SecretSync for each thing. [SEED]"""

    namespace: str
    class_name: str
    service_account: str
    vault: str
    tenant: str
    client_id: str
    copied: tuple[Copied, ...]


def manifests_of(setup: Setup) -> tuple[Manifest, ...]:
    """In the order in which they are made. Raises BadInput for versions of a certificate: what their paths are no
    document tells."""
    if wrong := next((each for each in setup.copied if each.certificate and each.history > 1), None):
        raise BadInput(f"only the newest version of the certificate {in_short(wrong.name, 60)} can be copied")
    return tuple(_manifests(setup))


def _manifests(setup: Setup) -> Iterator[Manifest]:
    account = Ref(Kind.ACCOUNT, setup.namespace, setup.service_account)
    yield Manifest(account, head(account), {})
    one = Ref(Kind.CLASS, setup.namespace, setup.class_name)
    parameters = {
        "clientID": setup.client_id,
        "keyvaultName": setup.vault,
        "objects": written_objects(setup.copied),
        "tenantID": setup.tenant,
    }
    body = {**head(one), "spec": {"provider": "azure", "parameters": parameters}}
    yield Manifest(one, body, _of_class("azure", parameters, _objects(setup.copied)))
    names = names_for([each.name for each in setup.copied])
    for each in setup.copied:
        yield _sync(setup, each, names[each.name])


def _sync(setup: Setup, one: Copied, name: str) -> Manifest:
    ref = Ref(Kind.SYNC, setup.namespace, name)
    entries = entries_of(one)
    kind = TLS if one.certificate else OPAQUE
    data = [{"sourcePath": source, "targetKey": key} for source, key in entries]
    spec = {
        "serviceAccountName": setup.service_account,
        "secretProviderClassName": setup.class_name,
        "secretObject": {"type": kind, "data": data},
    }
    essence = _of_sync(setup.service_account, setup.class_name, kind, {key: source for source, key in entries})
    return Manifest(ref, {**head(ref), "spec": spec}, essence)


def entries_of(one: Copied) -> tuple[tuple[str, str], ...]:
    """Paths in what is fetched, and entries of the Secret. A number stands in a path only where there are several
    versions. [D]"""
    if one.certificate:
        return tuple((f"{one.name}/{key}", key) for key in TLS_KEYS)
    if one.history < 2:
        return ((one.name, target_key(one.name, 0)),)
    return tuple((f"{one.name}/{number}", target_key(one.name, number)) for number in range(one.history))


def written_objects(copied: Sequence[Copied]) -> str:
    """`parameters.objects`: YAML whose entries are texts of YAML."""
    blocks = []
    for each in copied:
        told = {"objectName": _scalar(each.name), "objectType": "secret"}
        if each.history > 1:
            told["objectVersionHistory"] = str(each.history)
        blocks.append("  - |\n" + "".join(f"    {name}: {value}\n" for name, value in told.items()))
    return "array:\n" + "".join(blocks)


def essence_of_class(one: SecretProviderClass) -> dict[str, str]:
    """Of a class that is there, whose objects were read."""
    return _of_class(one.provider, one.parameters, one.objects)


def essence_of_sync(one: SecretSync) -> dict[str, str]:
    """Of a SecretSync that is there."""
    entries = {each.key: each.source for each in one.items}
    return _of_sync(one.service_account, one.class_name, one.type, entries)


def differences(wanted: Manifest, there: Mapping[str, str]) -> tuple[str, ...]:
    """In words; none: what we set is as it is to be. An object or an entry beside is told too, where the kind is one
    that we write: it would go with the change."""
    return tuple(_differences(wanted, there))


def _differences(wanted: Manifest, there: Mapping[str, str]) -> Iterator[str]:
    for name, value in wanted.essence.items():
        found = there.get(name, "")
        if not found:
            yield f"{name} is not there"
        elif found != value:
            yield f"{name} is {in_short(found, _TOLD)}, to be {in_short(value, _TOLD)}"
    for name, found in there.items():
        if name not in wanted.essence and found:
            yield f"{name} is there beside ({in_short(found, _TOLD)})"


def cannot_change(wanted: Manifest, there: Mapping[str, str]) -> str:
    """Why no change makes the one that is there what it is to be; empty: one does. The type of a Secret stays what it
    was made with. [D]"""
    if wanted.ref.kind is not Kind.SYNC or there.get(_TYPE) in (None, wanted.essence[_TYPE]):
        return ""
    return f"{_TYPE} cannot be changed; {wanted.ref} and its Secret have to be deleted and made anew"


def change_of(wanted: Manifest, raw: Json) -> Json:
    """A merge patch that holds only for the version that was seen, `raw`: labels, annotations and parameters of others
    stay; lists and `objects` are put whole; parameters that name another way of working, or ours in other letters, go.

    Raises BadInput.
    """
    version = text(child(whole(raw), "metadata"), "resourceVersion")
    if not version:
        raise BadInput(f"{wanted.ref} has no resourceVersion")
    body: Json = {"metadata": {"resourceVersion": version}}
    if wanted.ref.kind is Kind.ACCOUNT:
        return body
    spec = wanted.body["spec"]
    if wanted.ref.kind is Kind.CLASS:
        ours = spec["parameters"]
        known = {each.lower() for each in (*ours, *FLAGS)}
        gone = {
            name: None for name in child(child(raw, "spec"), "parameters") if name.lower() in known and name not in ours
        }
        spec = {**spec, "parameters": {**gone, **ours}}
    return {**body, "spec": spec}


_TYPE = "the Secret's type"


def _of_class(provider: str, parameters: Mapping[str, str], objects: Sequence[VaultObject]) -> dict[str, str]:
    told = {name.lower(): value.strip() for name, value in parameters.items()}
    return {
        "provider": provider,
        **{f"the parameter {name}": told.get(name, "").lower() for name in sorted(_IDS)},
        **{
            f"the parameter {each}": told[each.lower()]
            for each in FLAGS
            if told.get(each.lower(), "").lower() not in FALSE
        },
        **{f"the object {each.file}": _object(each) for each in objects},
    }


def _objects(copied: Sequence[Copied]) -> tuple[VaultObject, ...]:
    return tuple(
        VaultObject(place, each.name, "secret", history=each.history if each.history > 1 else 0)
        for place, each in enumerate(copied)
    )


def _object(one: VaultObject) -> str:
    history = one.history if one.history is None or one.history > 1 else 1
    version = f", version {one.version}" if one.version else ""
    return f"{one.type.lower() or 'secret'} {one.name}, history {history}{version}"


def _of_sync(account: str, class_name: str, kind: str, entries: Mapping[str, str]) -> dict[str, str]:
    return {
        "the service account": account,
        "the SecretProviderClass": class_name,
        _TYPE: kind,
        **{f"the entry {key}": source for key, source in entries.items()},
    }


def _scalar(told: str) -> str:
    """A text that every parser of YAML takes for a text."""
    plain = _PLAIN.fullmatch(told) and told.lower() not in _NO_TEXTS
    return told if plain else json.dumps(told)
