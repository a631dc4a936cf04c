"""The Key Vault provider: one mount, from the parameters of a class to files, object after object. [SRC]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.entra.metadata import VAULT_SUFFIX
from emulator.kubernetes.secrets_store import azure_side, failure_texts
from emulator.kubernetes.secrets_store.azure_side import (
    Assertion,
    AzureSide,
    HttpFailure,
    Origin,
    Token,
    TokenRequest,
    Unanswered,
    VaultRequest,
)
from emulator.kubernetes.secrets_store.conversion import content_of
from emulator.kubernetes.secrets_store.parameters import Given, MountError, Parameters, Wanted, checked, prefix, read

Version = tuple[int, ...]
_KINDS = {"secret": "secrets", "key": "keys", "cert": "certificates"}
_OF_ONE_TENANT = (azure_side.WORKLOAD_IDENTITY, azure_side.TOKEN_PROXY, azure_side.SERVICE_PRINCIPAL)
_NO_CHALLENGE = "response has no WWW-Authenticate header for challenge authentication"


@dataclass(frozen=True)
class Mounted:
    """`files` by name, and the version of each object: `secret/db-pass` -> version."""

    files: Mapping[str, bytes] = field(repr=False)
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Circumstances:
    """`sign` makes the token of the pod's account."""

    azure: AzureSide
    origin: Origin
    version: Version
    sign: Callable[[], Assertion]


class TimedOut(MountError):
    """So much waiting that the caller has given up meanwhile."""


def mount(given: Given, around: Circumstances) -> Mounted:
    """Raises MountError with what the provider says of it; the first object that fails ends it."""
    found = read(given, around.version)
    errand = _Errand(found, given, around)
    if found.objects and failure_texts.is_of_the_client(around.version, found.mode):
        errand.take_token(found.objects[0])
    files, versions = {}, {}
    for wanted in (each for one in found.objects for each in errand.resolved(checked(one, around.version))):
        bundle, version = errand.fetch(wanted)
        try:
            files[wanted.file] = content_of(wanted, bundle)
        except MountError as error:
            raise MountError(f"{prefix(wanted)}{error}") from error
        versions[f"{wanted.kind}/{wanted.name}"] = version
    return Mounted(files, versions)


class _Errand:
    """The clients of one mount: their token is asked for once."""

    def __init__(self, found: Parameters, given: Given, around: Circumstances) -> None:
        self._found, self._given, self._around = found, given, around
        self._token: Token | None = None

    def resolved(self, wanted: Wanted) -> list[Wanted]:
        """The object, or as many of its versions as it is wanted in, the newest first. [SRC] Disabled ones do not
        count; one that is named is the first. Those of one second are in no order [OWN]."""
        if wanted.history <= 1:
            return [wanted]
        listed, _ = self.fetch(replace(wanted, version="versions"))
        items = [one for one in listed.get("value") or [] if one["attributes"].get("enabled")]
        items.sort(key=lambda one: int(one["attributes"]["created"]), reverse=True)
        versions = [str(one.get("id") or one.get("kid")).rpartition("/")[2] for one in items]
        if wanted.version in versions:
            versions = versions[versions.index(wanted.version) :]
        return [
            replace(wanted, version=version, alias=f"{wanted.file}/{at}", history=1)
            for at, version in enumerate(versions[: wanted.history])
        ]

    def fetch(self, wanted: Wanted) -> tuple[Mapping[str, Any], str]:
        """The bundle of an object, and its version."""
        asked = self._request(wanted)
        if self._around.version >= failure_texts.NEW and self._token is None:
            self._take_challenge(wanted, asked)
        token = self.take_token(wanted)
        answer = self._around.azure.vault_object(asked, token)
        if isinstance(answer, HttpFailure | Unanswered):
            raise self._failed(wanted, answer, failure_texts.of_vault(answer, self._around.version, asked.kind))
        return answer.bundle, answer.version

    def take_token(self, wanted: Wanted) -> Token:
        """Raises MountError."""
        if self._token is not None:
            return self._token
        found, around, version = self._found, self._around, self._around.version
        signs = found.mode in (azure_side.WORKLOAD_IDENTITY, azure_side.TOKEN_PROXY)
        secret = (self._given.secret or {}).get("clientsecret", "")
        assertion = around.sign() if signs else None
        asked = TokenRequest(around.origin, found.mode, found.client_id, found.tenant, assertion, secret)
        answer = around.azure.token(asked)
        if isinstance(answer, Token):
            self._token = answer
            return answer
        request = self._request(wanted)
        text = failure_texts.of_token(answer, version, asked, request.url, request.kind)
        if failure_texts.is_of_the_client(version, found.mode):
            raise MountError(failure_texts.client_prefix(version) + text)
        raise self._failed(wanted, answer, text)

    def _take_challenge(self, wanted: Wanted, asked: VaultRequest) -> None:
        """[SRC] Since 1.5 the vault is asked first, and says for which tenant it wants a token."""
        answer = self._around.azure.vault_object(asked, None)
        if isinstance(answer, Unanswered):
            raise self._failed(wanted, answer, failure_texts.of_vault(answer, self._around.version, asked.kind))
        tenant = answer.tenant if isinstance(answer, HttpFailure) else None
        if tenant is None:
            raise MountError(prefix(wanted) + _NO_CHALLENGE)
        if self._found.mode in _OF_ONE_TENANT and tenant.lower() != self._found.tenant.lower():
            raise MountError(prefix(wanted) + failure_texts.other_tenant(self._found.mode, tenant))

    def _request(self, wanted: Wanted) -> VaultRequest:
        host = f"{self._found.vault.lower()}.{VAULT_SUFFIX}"
        kind = _KINDS.get(wanted.kind.lower(), "secrets")
        return VaultRequest(self._around.origin, host, kind, wanted.name, wanted.version)

    def _failed(self, wanted: Wanted, answer: HttpFailure | Unanswered, text: str) -> MountError:
        slow = isinstance(answer, Unanswered) and answer.kind == "timeout" and self._around.version >= failure_texts.NEW
        return (TimedOut if slow else MountError)(prefix(wanted) + text)
