"""One attempt at one SecretSync: its class, a token, the provider, the Secret. [SRC] [D]"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.account_tokens import SUBJECT
from emulator.kubernetes.events import Happening, Source
from emulator.kubernetes.kinds import SECRET_PROVIDER_CLASSES, SECRET_SYNCS, SERVICE_ACCOUNTS, Kind
from emulator.kubernetes.secret_sync import content, reasons, written
from emulator.kubernetes.secret_sync.installed import PARTIAL, setting
from emulator.kubernetes.secret_sync.log import Log
from emulator.kubernetes.secret_sync.versions import DOCUMENTED, OPEN_NEXT, parsed, provider_of
from emulator.kubernetes.secrets_store.azure_side import Assertion, Origin
from emulator.kubernetes.secrets_store.layout import TOKEN_AUDIENCE
from emulator.kubernetes.secrets_store.parameters import Given, MountError
from emulator.kubernetes.secrets_store.provider import Circumstances, TimedOut

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
_TOKEN_LIFE = timedelta(seconds=600)
_PATIENCE = 120.0
"""[SRC] Seconds until an answer that does not come is given up."""
_COMPONENT = "secret-sync-controller"
_LEAD = "fetching secrets from the provider failed: "


@dataclass(frozen=True)
class Outcome:
    """One of the kinds in `reasons`, the error itself, and the hash where the Secret was written. It took so many
    seconds."""

    kind: str
    detail: str = ""
    sync_hash: str = ""
    seconds: float = 0.0


class Failed(Exception):
    """Why an attempt ends: one of the kinds in `reasons`, and the error."""

    def __init__(self, kind: str, detail: str, seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.kind, self.seconds = kind, seconds


class Attempt:
    """`extension` are the properties of the extension."""

    def __init__(self, server: K3sServer, extension: Mapping[str, Any], family: str, log: Log) -> None:
        self._server, self._extension, self._family, self._log = server, extension, family, log

    def make(self, one: Object, before: str, at: datetime) -> Outcome:
        """`before` is the hash of the last one that succeeded, empty without."""
        metadata = one["metadata"]
        named = f"{metadata['namespace']}/{metadata['name']}"
        self._log.told(at, "Reconciling SecretSync", namespace=named)
        try:
            outcome = self._make(one, before, at)
        except Failed as failure:
            outcome = Outcome(failure.kind, str(failure), seconds=failure.seconds)
            at += timedelta(seconds=failure.seconds)
            self._log.manager(at, "Reconciler error", str(failure), controller="secretsync", SecretSync=named)
            self._tell(one, outcome, at)
        return outcome

    def _tell(self, one: Object, outcome: Outcome, at: datetime) -> None:
        said = reasons.condition(
            self._family, outcome.kind, not (one.get("status") or {}).get("syncHash"), outcome.detail
        )
        happening = Happening(said.reason, outcome.detail)
        self._server.events.tell(SECRET_SYNCS, one, happening, Source(_COMPONENT), at)

    def _make(self, one: Object, before: str, at: datetime) -> Outcome:
        """Raises Failed."""
        found = self._class_of(one)
        data, problems = self._fetched(one, found, at)
        sync_hash = _hash(one, found, data)
        kind = reasons.UP_TO_DATE if sync_hash == before else reasons.UPDATED if before else reasons.CREATED
        if not (self._family == OPEN_NEXT and sync_hash == before):
            writer = written.Writer(self._server, self._extension, self._family)
            try:
                writer.write(one, data, keep=bool(problems))
            except written.NotWritten as error:
                raise Failed(error.kind, str(error)) from error
        if problems:
            detail = json.dumps(problems, separators=(",", ":"), ensure_ascii=False)
            self._log.manager(at, "secret was synchronized in part", detail, SecretSync=one["metadata"]["name"])
            return Outcome(reasons.PARTIAL, detail, sync_hash)
        return Outcome(kind, "", sync_hash)

    def _class_of(self, one: Object) -> Object:
        """The SecretProviderClass, in the same namespace. Raises Failed."""
        namespace, name = one["metadata"]["namespace"], one["spec"]["secretProviderClassName"]
        found = self._read(SECRET_PROVIDER_CLASSES, namespace, name)
        kind = SECRET_PROVIDER_CLASSES
        if found is None:
            text = f'failed to get SecretProviderClass "{name}": {kind.kind}.{kind.group} "{name}" not found'
            raise Failed(reasons.CLASS, text)
        provider = str((found.get("spec") or {}).get("provider") or "")
        if provider != "azure":
            raise Failed(reasons.CLASS, f'{_LEAD}provider not found: provider "{provider}"')
        return found

    def _read(self, kind: Kind, namespace: str, name: str) -> Object | None:
        key = kind.key(namespace, name)
        entry = self._server.registry.storage.get(key)
        return self._server.registry.content(kind, key, entry) if entry else None

    def _fetched(self, one: Object, found: Object, at: datetime) -> tuple[dict[str, str], dict[str, str]]:
        """Data and problems by target key. Raises Failed where nothing can be written."""
        namespace, account = one["metadata"]["namespace"], one["spec"]["serviceAccountName"]
        if self._read(SERVICE_ACCOUNTS, namespace, account) is None:
            raise Failed(reasons.INTERNAL, f'{_LEAD}serviceaccounts "{account}" not found')
        given = Given(dict(found["spec"].get("parameters") or {}), tokens=True)
        fetch = content.fetch_each if self._in_parts else content.fetch_all
        try:
            fetched = fetch(given, self._around(namespace, account, at))
        except MountError as error:
            seconds = _PATIENCE if isinstance(error, TimedOut) else 0.0
            self._log.provider(at + timedelta(seconds=seconds), str(error))
            text = f"{_LEAD}rpc error: code = Unknown desc = failed to mount objects, error: {error}"
            raise Failed(reasons.PROVIDER, text, seconds) from error
        for failure in fetched.failures.values():
            self._log.provider(at, failure)
        data, problems = content.items(one["spec"]["secretObject"], fetched)
        if problems and not (self._in_parts and data):
            raise Failed(reasons.INPUT, _LEAD + next(iter(problems.values())))
        return data, problems

    @property
    def _in_parts(self) -> bool:
        return self._family == DOCUMENTED and setting(self._extension, PARTIAL).lower() == "true"

    def _around(self, namespace: str, account: str, at: datetime) -> Circumstances:
        server = self._server
        origin = Origin(server.cluster_id, server.node_names[0], "", server.address_of(0))
        version = parsed(provider_of(str(self._extension["currentVersion"])))
        subject = SUBJECT.format(namespace=namespace, name=account)
        return Circumstances(
            server.azure,
            origin,
            version,
            lambda: Assertion(server.issuer, subject, TOKEN_AUDIENCE, at, at + _TOKEN_LIFE),
        )


def _hash(one: Object, found: Object, data: Mapping[str, str]) -> str:
    """[SRC] Over the data and the generations of both objects. [OWN] Without the many rounds that make it slow."""
    parts = [str(each["metadata"].get(name, "")) for each in (found, one) for name in ("uid", "generation")]
    parts.append(str(one["spec"].get("forceSynchronization") or ""))
    text = json.dumps(data, sort_keys=True) + "|".join(parts)
    return hmac.new(one["metadata"]["uid"].encode(), text.encode(), hashlib.sha512).hexdigest()
