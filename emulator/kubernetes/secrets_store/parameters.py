"""The parameters of a SecretProviderClass as the provider reads them, in each of its ages. [SRC]"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from emulator.kubernetes.secrets_store import azure_side
from emulator.kubernetes.secrets_store.klog import quoted

Version = tuple[int, ...]
_CLOUDS = ("", "AzurePublicCloud", "AzureCloud", "AzureUSGovernmentCloud", "AzureChinaCloud")
_FALSE, _TRUE = ("", "0", "f", "F", "FALSE", "false", "False"), ("1", "t", "T", "TRUE", "true", "True")
_FLAGS = {
    "usePodIdentity": azure_side.POD_IDENTITY,
    "useVMManagedIdentity": azure_side.MANAGED_IDENTITY,
    "useAzureTokenProxy": azure_side.TOKEN_PROXY,
}
_VAULT_NAME = re.compile(r"[-A-Za-z0-9]{3,24}")
_GO_YAML = {
    "mapping values are not allowed here": "mapping values are not allowed in this context",
    "found character '\\t' that cannot start any token": "found character that cannot start any token",
    "could not find expected ':'": "could not find expected ':'",
    "expected the node content, but found '-'": "did not find expected node content",
}
_UNFINISHED = {"while parsing a block collection": "'-' indicator", "while parsing a block mapping": "key"}
_TOKENS = "csi.storage.k8s.io/serviceAccount.tokens"
_NO_TOKENS = "service account tokens not found"


class MountError(Exception):
    """What the provider gives up with."""


@dataclass(frozen=True)
class Wanted:
    """One object: `kind` is secret, key or cert, whatever else was written."""

    name: str
    kind: str
    version: str = ""
    alias: str = ""
    format: str = ""
    encoding: str = ""
    history: int = 1
    """[D] So many versions, each a file of its own behind a slash, where there is more than one."""

    @property
    def file(self) -> str:
        return self.alias or self.name


@dataclass(frozen=True)
class Parameters:
    vault: str
    tenant: str
    mode: str
    client_id: str
    objects: tuple[Wanted, ...]


@dataclass(frozen=True)
class Given:
    """What a mount brings: the class's parameters, whether tokens of the pod's account came along, and the Secret of
    nodePublishSecretRef (its keys; None without one)."""

    parameters: Mapping[str, str]
    tokens: bool
    secret: Mapping[str, str] | None = None


def read(given: Given, version: Version) -> Parameters:
    """Raises MountError, before anything is asked of anybody."""
    own = given.parameters
    flags = {name for name in _FLAGS if _flag(own, name) and (name != "useAzureTokenProxy" or version >= (1, 8))}
    vault = own.get("keyvaultName", "").strip()
    tenant = (own.get("tenantID") or own.get("tenantId") or "").strip()
    absent = "not provided" if version >= (1, 8) else "not set"
    for name, value in (("keyvaultName", vault), ("tenantId", tenant)):
        if not value:
            raise MountError(f"{name} is {absent}")
    cloud = own.get("cloudName", "").strip()
    if cloud.lower() not in [one.lower() for one in _CLOUDS]:
        text = f"autorest/azure: There is no cloud environment matching the name {quoted(cloud.upper())}"
        raise MountError(f"cloudName {cloud} is not valid, error: {text}")
    client_id = own.get("clientID", "").strip()
    mode = _mode(given, flags, client_id, version)
    if mode == azure_side.MANAGED_IDENTITY:
        client_id = own.get("userAssignedIdentityID", "").strip()
    elif mode == azure_side.SERVICE_PRINCIPAL:
        client_id = (given.secret or {})["clientid"]
    objects = _objects(own.get("objects", ""))
    if not _VAULT_NAME.fullmatch(vault):
        why = "must be between 3 and 24 chars" if not 3 <= len(vault) <= 24 else "must match [-a-zA-Z0-9]{3,24}"
        raise MountError(f"failed to get vault: Invalid vault name: {quoted(vault)}, {why}")
    return Parameters(vault, tenant, mode, client_id, tuple(objects))


def _flag(own: Mapping[str, str], name: str) -> bool:
    value = own.get(name, "").strip()
    if value not in (*_TRUE, *_FALSE):
        problem = f"strconv.ParseBool: parsing {quoted(value)}: invalid syntax"
        raise MountError(f"failed to parse {name} flag, error: {problem}")
    return value in _TRUE


def _mode(given: Given, flags: set[str], client_id: str, version: Version) -> str:
    """[SRC] The flags before the client id, that before the Secret."""
    if len(flags) > 1:
        raise MountError(
            "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or "
            "useAzureTokenProxy"
            if version >= (1, 8)
            else "failed to create auth config, error: cannot enable both pod identity and user-assigned managed "
            "identity"
        )
    named = next((_FLAGS[name] for name in flags), "None")
    new = f"failed to build auth config for mode {named}: " if version >= (1, 8) else ""
    if (client_id or named == azure_side.TOKEN_PROXY) and not given.tokens:
        raise MountError(f"{new}failed to parse workload identity tokens, error: {_NO_TOKENS}")
    if named != "None":
        return named
    if client_id:
        return azure_side.WORKLOAD_IDENTITY
    return _principal(given.secret, new or "failed to create auth config, error: ", version)


def _principal(secret: Mapping[str, str] | None, prefix: str, version: Version) -> str:
    if secret is None:
        raise MountError(f"{prefix}failed to get credentials, nodePublishSecretRef secret is not set")
    for name in ("clientid", "clientsecret"):
        if not secret.get(name):
            # [SRC] Old ones print the whole map, values and all.
            leak = "map[" + " ".join(f"{key}:{value}" for key, value in sorted(secret.items())) + "]"
            raise MountError(
                f"{prefix}could not find {name} in secrets" + (f"({leak})" if version <= (1, 6, 1) else "")
            )
    return azure_side.SERVICE_PRINCIPAL


def _objects(text: str) -> list[Wanted]:
    if not text.strip():
        raise MountError("objects is not set")
    try:
        outer = yaml.safe_load(text)
        if not isinstance(outer, dict):
            raise MountError(f"failed to yaml unmarshal objects, error: {_not_into(outer, 'StringArray')}")
    except yaml.YAMLError as error:
        raise MountError(f"failed to yaml unmarshal objects, error: {_in_go(error)}") from error
    return [_entry(index, one) for index, one in enumerate(outer.get("array") or [])]


def _entry(index: int, one: Any) -> Wanted:
    if isinstance(one, dict):
        text = "yaml: unmarshal errors:\n  line 2: cannot unmarshal !!map into string"
        raise MountError(f"failed to yaml unmarshal objects, error: {text}")
    try:
        entry = yaml.safe_load(str(one))
    except yaml.YAMLError as error:
        raise MountError(f"unmarshal failed for keyVaultObjects at index {index}, error: {_in_go(error)}") from error
    if not isinstance(entry, dict):
        problem = _not_into(entry, "types.KeyVaultObject")
        raise MountError(f"unmarshal failed for keyVaultObjects at index {index}, error: {problem}")
    fields = ("objectName", "objectType", "objectVersion", "objectAlias", "objectFormat", "objectEncoding")
    name, kind, *rest = (str(entry.get(field) or "").strip() for field in fields)
    version, alias, form, encoding = rest
    return Wanted(name, kind, version, alias, form, encoding, _history(index, entry))


def _history(index: int, entry: Mapping[str, Any]) -> int:
    value = entry.get("objectVersionHistory") or 0
    if not isinstance(value, int):
        problem = f"yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `{str(value)[:7]}` into int32"
        raise MountError(f"unmarshal failed for keyVaultObjects at index {index}, error: {problem}")
    return max(value, 1)


def _in_go(error: yaml.YAMLError) -> str:
    """The parsers agree on where, and nearly on the words."""
    mark, problem = getattr(error, "problem_mark", None), str(getattr(error, "problem", "") or error)
    unfinished = _UNFINISHED.get(str(getattr(error, "context", "")))
    told = f"did not find expected {unfinished}" if unfinished else _GO_YAML.get(problem, problem)
    return f"yaml: line {mark.line + 1 if mark else 1}: {told}"


def _not_into(value: Any, kind: str) -> str:
    tag = {str: "!!str", list: "!!seq", int: "!!int"}.get(type(value), "!!str")
    shown = f" `{str(value)[:7]}...`" if isinstance(value, str) else ""
    return f"yaml: unmarshal errors:\n  line 1: cannot unmarshal {tag}{shown} into {kind}"


def checked(wanted: Wanted, version: Version) -> Wanted:
    """One object, as far as it can be asked for; its problems are said with its name since 1.8, those of its type
    always.

    Raises MountError.
    """
    kind = wanted.kind.lower()
    if kind not in ("secret", "key", "cert"):
        raise MountError(f"{prefix(wanted)}Invalid vaultObjectTypes. Should be secret, key, or cert")
    lead = prefix(wanted) if version >= (1, 8) else ""
    for problem in _problems(wanted, kind):
        raise MountError(lead + problem)
    return replace(wanted, kind=kind)


def _problems(wanted: Wanted, kind: str) -> Sequence[str]:
    found = []
    form, encoding, file = wanted.format.lower(), wanted.encoding.lower(), wanted.file
    if form not in ("", "pem", "pfx"):
        found.append(f"invalid objectFormat: {wanted.format}, should be PEM or PFX")
    elif form == "pfx" and kind != "secret":
        found.append("PFX format only supported for objectType: secret")
    if encoding and kind != "secret":
        found.append("objectEncoding only supported for objectType: secret")
    elif encoding not in ("", "hex", "base64", "utf-8"):
        found.append(f"invalid objectEncoding: {wanted.encoding}, should be hex, base64 or utf-8")
    if not file:
        found.append("file name must not be empty")
    elif file.startswith("/"):
        found.append("file name must be a relative path")
    elif ".." in file.split("/"):
        found.append("file name must not contain '..'")
    return found


def prefix(wanted: Wanted) -> str:
    """`failed to get objectType:secret, objectName:db-pass, objectVersion:: `."""
    named = f"objectType:{wanted.kind}, objectName:{wanted.name}, objectVersion:{wanted.version}"
    return f"failed to get {named}: "
