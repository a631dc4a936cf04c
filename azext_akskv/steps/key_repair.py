"""Makes the key in use usable again, and waits for the API servers that could not do without it."""

from __future__ import annotations

from datetime import timedelta

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.engine.waiting import until
from azext_akskv.failures import Missing
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion

LIFETIME = timedelta(days=365)
"""Until the rotation after the next one at the latest the version is needed."""
SAFE = "the key in use is as it was, or repaired; the cluster's profile was not touched"


def _version(run: Run, vault: ResourceId, key: KeyId) -> KeyVersion | None:
    try:
        return run.looking.keys.get(run.looking.vaults.get(vault), key.name, key.version)
    except Missing:
        return None


def recover_key(vault: ResourceId, key: KeyId) -> Step:
    def look(run: Run) -> Seen | None:
        return Seen("it is there") if _version(run, vault, key) else None

    return Step(
        "recover-key",
        f"recover the key {key.name} of {vault.name}",
        look,
        lambda run: run.ports.keys.recover(run.ports.vaults.get(vault), key.name),
        left_behind=SAFE,
    )


def enable_key(vault: ResourceId, key: KeyId) -> Step:
    def look(run: Run) -> Seen | None:
        version = _version(run, vault, key)
        return Seen("it is") if version and version.enabled else None

    return Step(
        "enable-key",
        f"enable the key in use, {key.name} {(key.version or '')[:8]} of {vault.name}",
        look,
        lambda run: run.ports.keys.enable(run.ports.vaults.get(vault), key),
        left_behind=SAFE,
    )


def extend_key(vault: ResourceId, key: KeyId) -> Step:
    """An expired key still decrypts, and encrypts again from the moment that its date lies ahead. [Key Vault docs]"""

    def look(run: Run) -> Seen | None:
        home, version = run.looking.vaults.get(vault), _version(run, vault, key)
        good = version is not None and (version.expires is None or version.expires > home.seen_at)
        return (
            Seen(f"until {version.expires:%Y-%m-%d}" if version and version.expires else "for ever") if good else None
        )

    def act(run: Run) -> None:
        home = run.ports.vaults.get(vault)
        run.ports.keys.extend(home, key, home.seen_at + LIFETIME)

    return Step(
        "extend-key",
        f"extend the key in use, {key.name} {(key.version or '')[:8]} of {vault.name}, by a year",
        look,
        act,
        left_behind=SAFE,
    )


def await_api_server() -> Step:
    """The plugin asks for its key about once a minute, and one that crashed is started again. [PLUG]"""

    def act(run: Run) -> None:
        until(
            run.clock,
            lambda: run.looking.secrets.ready() or None,
            every=run.waits.poll,
            limit=run.waits.api_server_back,
            what="wait for the API server",
        )

    return Step(
        "await-api-server",
        "wait until the API server is ready",
        lambda run: Seen("it is") if run.looking.secrets.ready() else None,
        act,
        left_behind="the key is usable again; the API server finds that out by itself",
    )
