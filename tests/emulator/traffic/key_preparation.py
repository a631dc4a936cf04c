"""The keys that a row presupposes, and how the recorded versions of keys are called here."""

from __future__ import annotations

import re
from typing import Any

from emulator.core.http import Answer
from emulator.dataplane.keyvault import algorithms, x509_files
from emulator.providers.ids import name_of
from emulator.world import EmulatedWorld
from tests.emulator.traffic.operations import VAULTS
from tests.emulator.traffic.recordings import Row

OWN_VAULTS = ".vault.emulator.test"
_KEY = re.compile(r"/keys/([^/]+)(?:/(?P<version>[0-9a-f]{32}))?(?:/.*)?")
_MADE_BY = ("create", "rotate", "restore")


class KeyPreparation:
    """Makes keys that rows without a route (import, restore) made, or that were there before."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._own_versions: dict[str, str] = {}

    def before(self, row: Row) -> None:
        host = row.host.replace(VAULTS, OWN_VAULTS)
        if row.status >= 400 or row.path.rpartition("/")[2] in _MADE_BY:
            return
        for item in row.fields.get("value") or [] if isinstance(row.fields.get("value"), list) else [row.fields]:
            kid = (item.get("key") or item).get("kid")
            if kid and "sid" not in item:  # a certificate names its key too
                self._key(host, kid, item)

    def _key(self, host: str, kid: str, item: dict[str, Any]) -> None:
        match = _KEY.fullmatch(kid.partition(VAULTS)[2])
        if match is None:
            return
        living = next((key for key in self._world.keyvault.living(host) if key.name == match[1]), None)
        deleted = any(key.name == match[1] for key in self._world.keyvault.deleted(host))
        if living is None:
            self._own_versions = {kid: own for kid, own in self._own_versions.items() if f"/{match[1]}/" not in kid}
        if deleted or (living and (match["version"] is None or kid in self._own_versions)):
            return
        asked = {name: item[name] for name in ("tags", "attributes") if name in item}
        made = self._world.keyvault.create(host, match[1], {"kty": (item.get("key") or {}).get("kty", "RSA"), **asked})
        if match["version"]:
            self._own_versions[kid] = made.version

    def after(self, row: Row, answer: Answer) -> None:
        """Remembers what a new version is called in the recording."""
        if row.status == answer.status == 200 and row.path.rpartition("/")[2] in _MADE_BY and "key" in row.fields:
            self._own_versions[row.fields["key"]["kid"]] = name_of(answer.body["key"]["kid"])

    def path(self, row: Row) -> str:
        own = {name_of(kid): version for kid, version in self._own_versions.items()}
        return re.sub(r"[0-9a-f]{32}", lambda found: own.get(found[0], found[0]), row.path)

    def body(self, row: Row) -> Any:
        """The recorded ciphertext is another key's: what is decrypted is encrypted here first. The recorder has taken
        out the certificates that are imported."""
        if row.path.startswith("/certificates/") and row.path.endswith("/import") and row.asked:
            return {**row.asked, "value": _certificate(self._world)}
        if not row.path.endswith("/decrypt"):
            return row.asked
        version = self._world.keyvault.version(f"https://{row.host.replace(VAULTS, OWN_VAULTS)}{self.path(row)[:-8]}")
        plain = algorithms.encrypt(version.private_key, row.asked["alg"], b"plain")
        return {**row.asked, "value": algorithms.encoded(plain)}


def _certificate(world: EmulatedWorld) -> str:
    key = algorithms.rsa_key("0" * 32, 2048)
    return x509_files.self_signed(key, "CN=recorded", "2", world.clock.now(), 120).pem()
