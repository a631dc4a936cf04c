"""What of an object decides whether a pod can mount a vault's things: by it one that is there is compared with the one
that is to be. Nothing of it is secret, and nothing else of a pod is looked at: commands and variables may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from azext_akskv.model.members import child, labels, text
from azext_akskv.model.mounts.consumer import USE, Consumer, parse_consumer
from azext_akskv.model.mounts.secret_class import SecretObject, SecretProviderClass, VaultObject
from azext_akskv.model.mounts.synced import CLIENT_ID
from azext_akskv.model.mounts.worker import FALSE, FLAGS, TRUE

ANNOTATION, LABEL = f"the annotation {CLIENT_ID}", f"the label {USE}"
_IDS = frozenset({"tenantid", "clientid", "userassignedidentityid", "keyvaultname"})
"""Their letters' case means nothing. [D]"""
_FLAGS = frozenset(each.lower() for each in FLAGS)


def of_account(raw: Mapping[str, Any]) -> dict[str, str]:
    """Raises BadInput."""
    return {ANNOTATION: labels(child(raw, "metadata"), "annotations").get(CLIENT_ID, "").lower()}


def of_class(one: SecretProviderClass) -> dict[str, str]:
    """Parameters by the provider's reading: names in any letter case, absent flags are false, empty texts absent."""
    return {
        "provider": one.provider,
        **dict(_parameters(one)),
        **{f"the object for the file {each.file}": _object(each) for each in one.objects},
        **{f"the Secret {each.secret}": _secret(each) for each in one.secret_objects},
        **({"objects": f"not readable: {one.lints[0]}"} if any(not each.mild for each in one.lints) else {}),
    }


def of_pod(raw: Mapping[str, Any]) -> dict[str, str]:
    """Of a pod, or of a Deployment's template. Raises BadInput."""
    consumer = parse_consumer({**raw, "metadata": {"namespace": "-", "name": "-", **child(raw, "metadata")}})
    return {
        "the service account": text(child(raw, "spec"), "serviceAccountName") or "default",
        **({LABEL: "true"} if labels(child(raw, "metadata"), "labels").get(USE) == "true" else {}),
        **(dict(_mounting(consumer)) if consumer else {}),
    }


def selector_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """The labels by which a Deployment knows its pods. Raises BadInput."""
    return labels(child(child(raw, "spec"), "selector"), "matchLabels")


def _parameters(one: SecretProviderClass) -> Iterator[tuple[str, str]]:
    for written, value in one.parameters.items():
        name, told = written.lower(), value.strip()
        if name == "objects" or not told:
            continue
        if name in _FLAGS:
            if told.lower() in FALSE:
                continue
            told = "true" if told.lower() in TRUE else told
        yield f"the parameter {name}", told.lower() if name in _IDS else told


def _object(one: VaultObject) -> str:
    more = {
        "version": one.version,
        "history": str(one.history or ""),
        "format": one.format,
        "encoding": one.encoding,
        "permission": one.permission,
    }
    return " ".join([f"{one.type.lower()} {one.name}", *(f"{name} {value}" for name, value in more.items() if value)])


def _secret(one: SecretObject) -> str:
    keys = ", ".join(sorted(f"{each.key} of {each.object_name}" for each in one.data))
    return f"{one.type} with {keys}"


def _mounting(consumer: Consumer) -> Iterator[tuple[str, str]]:
    """A variable of a Secret that is not made any more would keep the container from starting."""
    volumes = {each.name: each for each in consumer.volumes}
    paths: dict[str, set[str]] = {}
    for each in consumer.mounts:
        volume = volumes[each.volume]
        told = f"{each.path}{'' if volume.read_only else ' (not read-only)'}"
        paths.setdefault(f"the mount of {volume.class_name}", set()).add(told)
    yield from ((name, ", ".join(sorted(told))) for name, told in paths.items())
    for use in consumer.secrets:
        if use.how == "env":
            yield f"the variable from the Secret {use.secret}, key {use.key}", "there"
