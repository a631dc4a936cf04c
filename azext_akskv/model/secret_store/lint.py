"""SecretSyncs and the classes that they name, looked at before they are applied: what the API server would refuse, and
what it takes and the controller then fails on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.secret_class import Lint, SecretProviderClass, VaultObject
from azext_akskv.model.mounts.worker import FALSE, FLAGS
from azext_akskv.model.secret_store.manifests import TLS, TLS_KEYS
from azext_akskv.model.secret_store.names import LONGEST, is_force_value, is_name, is_target_key
from azext_akskv.model.secret_store.sync import OPAQUE, AkvSync, SecretSync

RESERVED = "secrets-store.sync.x-k8s.io"
"""What labels and annotations may not begin with: the controller knows its Secrets by it. [SRC]"""
TYPES = (
    OPAQUE,
    "kubernetes.io/basic-auth",
    "bootstrap.kubernetes.io/token",
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/dockercfg",
    "kubernetes.io/ssh-auth",
    TLS,
)
"""What the admission policy lets the controller make. [SRC]"""
KEYS_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    TLS: TLS_KEYS,
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
"""Entries without which the API server takes no Secret of the type. [D: Kubernetes]"""
_DATA, _LABELS = "spec.secretObject.data", "spec.secretObject.labels"
_OBJECT_TYPES = ("secret", "key", "cert")
_MOST_LABEL, _MOST_VALUE = 317, 63


def lints_of(sync: SecretSync, one: SecretProviderClass | None, there_type: str = "") -> tuple[Lint, ...]:
    """`one`: the class that it names, None where there is none in its namespace. `there_type`: of the Secret that the
    SecretSync has made already, empty where it has made none. Places are those of the SecretSync."""
    return tuple(_of_sync(sync, one, there_type))


def lints_of_class(one: SecretProviderClass) -> tuple[Lint, ...]:
    """What of a class is wrong for the Secret Store extension. Places are those of the class."""
    return tuple(_of_class(one))


def lints_of_akv_sync(sync: AkvSync) -> tuple[Lint, ...]:
    """Places are those of the AKVSync."""
    return tuple(_of_akv_sync(sync))


def _of_sync(sync: SecretSync, one: SecretProviderClass | None, there_type: str) -> Iterator[Lint]:
    yield from _names(sync)
    if one is None:
        where = f"the namespace {sync.namespace}" if sync.namespace else "the namespace of the SecretSync"
        yield Lint("spec.secretProviderClassName", f"there is no {in_short(sync.class_name, 60)} in {where}")
    elif one.namespace != sync.namespace:
        told = f"it is in {in_short(one.namespace, 60)}, and has to be in {in_short(sync.namespace, 60)}"
        yield Lint("metadata.namespace", f"the class {in_short(one.name, 60)}: {told}")
    else:
        yield from _sources(sync, one)
    yield from _keys(sync)
    yield from _type(sync, there_type)
    yield from _marks(sync)


def _names(sync: SecretSync) -> Iterator[Lint]:
    places = {
        "metadata.name": sync.name,
        "spec.serviceAccountName": sync.service_account,
        "spec.secretProviderClassName": sync.class_name,
    }
    for place, name in places.items():
        if not is_name(name):
            yield Lint(place, f"{in_short(name, 60)} is no name that Kubernetes takes" if name else "it is empty")
    if sync.force and not is_force_value(sync.force):
        yield Lint("spec.forceSynchronization", f"{in_short(sync.force, 60)} is refused: letters, digits and hyphens")


def _sources(sync: SecretSync, one: SecretProviderClass) -> Iterator[Lint]:
    """Only what is fetched has a path: a number for each version where there are several, else none at all. [D]"""
    objects = {each.file: each for each in one.objects}
    for place, item in enumerate(sync.items):
        where = f"{_DATA}[{place}].sourcePath"
        found = objects.get(item.name) or next((each for each in one.objects if each.file == item.source), None)
        if not item.source:
            yield Lint(where, "it is empty")
        elif found is None:
            yield Lint(where, f"{in_short(item.name, 60)} is none of the objects of {in_short(one.name, 60)}")
        elif message := _source(item.source, found):
            yield Lint(where, message)


def _source(source: str, found: VaultObject) -> str:
    """What is wrong with a path into this object; empty: nothing."""
    rest = source[len(found.file) + 1 :] if source != found.file else ""
    history = found.history or 0
    if rest in TLS_KEYS:
        return "" if found.type.lower() == "secret" else f"{rest} is only there where objectType is secret"
    if history < 2:
        alone = f"{in_short(source, 60)}: one version is fetched, so write {in_short(found.file, 60)}"
        return "" if source == found.file else alone
    if not rest.isascii() or not rest.isdecimal():
        return f"{in_short(source, 60)}: {history} versions are fetched, so write {in_short(found.file + '/0', 60)}"
    if len(rest) > 6 or int(rest) >= history:
        return f"{in_short(source, 60)} is outside objectVersionHistory, which is {history}: the last is {history - 1}"
    return ""


def _keys(sync: SecretSync) -> Iterator[Lint]:
    if not sync.items:
        yield Lint(_DATA, "it is empty; at least one entry is needed")
    seen: set[str] = set()
    for place, item in enumerate(sync.items):
        where = f"{_DATA}[{place}].targetKey"
        if len(item.key) > LONGEST:
            yield Lint(where, f"it has {len(item.key)} characters; {LONGEST} are allowed")
        elif not is_target_key(item.key):
            yield Lint(where, f"{in_short(item.key, 60)} is refused by the SecretSync's pattern")
        if item.key in seen:
            yield Lint(where, f"{in_short(item.key, 60)} is there twice")
        seen.add(item.key)


def _type(sync: SecretSync, there_type: str) -> Iterator[Lint]:
    where = "spec.secretObject.type"
    if sync.type not in TYPES:
        yield Lint(where, f"{in_short(sync.type, 60)} is none of those that the extension makes: {', '.join(TYPES)}")
    if there_type and there_type != sync.type:
        told = f"it is {in_short(there_type, 60)} now and cannot be changed"
        yield Lint(where, f"{told}: delete the SecretSync and its Secret, then apply it")
    keys = {item.key for item in sync.items}
    for key in KEYS_OF_TYPES.get(sync.type, ()):
        if key not in keys:
            yield Lint(_DATA, f"a Secret of the type {sync.type} needs an entry {key}")


def _marks(sync: SecretSync) -> Iterator[Lint]:
    for what, marks in (("labels", sync.labels), ("annotations", sync.annotations)):
        for name in marks:
            if name.startswith(RESERVED):
                yield Lint(f"spec.secretObject.{what}", f"{in_short(name, 60)}: {RESERVED} is the controller's own")
    for name, value in sync.labels.items():
        if len(name) > _MOST_LABEL or len(value) > _MOST_VALUE:
            yield Lint(_LABELS, f"{in_short(name, 60)} is too long, or its value is: {_MOST_VALUE} are allowed")


def _of_class(one: SecretProviderClass) -> Iterator[Lint]:
    yield from one.lints
    if one.provider.lower() != "azure":
        yield Lint("spec.provider", f"it is {in_short(one.provider, 60)}, to be azure")
    for name in ("clientID", "tenantID", "keyvaultName"):
        if not one.parameter(name):
            yield Lint(f"spec.parameters.{name}", "it is empty")
    for name in FLAGS:
        if one.parameter(name).lower() not in FALSE:
            yield Lint(f"spec.parameters.{name}", "the extension works with workload identity alone")
    if not one.objects and not one.lints:
        yield Lint("objects", "it names nothing")
    if one.secret_objects:
        yield Lint("spec.secretObjects", "the extension passes over it; a SecretSync does that", mild=True)
    yield from _objects(one.objects)


def _objects(objects: Collection[VaultObject]) -> Iterator[Lint]:
    seen: set[str] = set()
    for each in objects:
        where = f"objects.array[{each.place}]"
        if not each.name:
            yield Lint(where, "objectName is empty")
        if each.type.lower() not in _OBJECT_TYPES:
            yield Lint(where, f"objectType is {in_short(each.type, 60)}, to be {', '.join(_OBJECT_TYPES)}")
        if each.file and each.file in seen:
            yield Lint(where, f"{in_short(each.file, 60)} is there twice")
        seen.add(each.file)


def _of_akv_sync(sync: AkvSync) -> Iterator[Lint]:
    for name, value in (("keyvaultName", sync.vault), ("clientID", sync.client_id), ("tenantID", sync.tenant_id)):
        if not value:
            yield Lint(f"spec.{name}", "it is empty")
    if not is_name(sync.service_account):
        yield Lint("spec.serviceAccountName", f"{in_short(sync.service_account, 60)} is no name that Kubernetes takes")
    if not sync.objects:
        yield Lint("spec.objects", "it is empty")
    yield from _akv_objects(sync)


def _akv_objects(sync: AkvSync) -> Iterator[Lint]:
    for place, each in enumerate(sync.objects):
        where = f"spec.objects[{place}]"
        if len(each.kinds) != 1:
            yield Lint(where, "exactly one of secretInAKV, certInAKV and mapping has to be there")
        if each.history != 1 and "mapping" in each.kinds:
            yield Lint(f"{where}.versionHistory", "it cannot be there beside mapping")
        if each.type and each.type not in TYPES:
            yield Lint(f"{where}.kubernetesSecretType", f"{in_short(each.type, 60)} is none of: {', '.join(TYPES)}")
