"""One version of a key, and the rules for its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.dataplane.keyvault import algorithms, refusals
from emulator.dataplane.keyvault.attributes import Attributes

# What may never be done with a key that is disabled, expired or not yet valid [D]: an expired key goes on
# decrypting, unwrapping and verifying. Whether a disabled one still encrypts is contested [ISS]; here it does not.
_NEEDS_VALIDITY = ("encrypt", "wrapKey", "sign")
# [REC] The first key that is recorded with its hsmPlatform: 2023-11-06.
_PLATFORM_SINCE = 1699228800
# [REC] A key that others are imported under is good for two days.
_IMPORT_SECONDS = 2 * 86400
_RSA_OPERATIONS = ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey")
_EC_OPERATIONS = ("sign", "verify")


@dataclass
class KeyVersion(Attributes):
    """One version."""

    vault_host: str
    name: str
    version: str
    kty: str
    private_key: algorithms.PrivateKey
    key_ops: Sequence[str]
    managed: bool = False
    """A certificate's, which it comes and goes with."""

    @property
    def kid(self) -> str:
        return f"https://{self.vault_host}/keys/{self.name}/{self.version}"

    def shown_attributes(self, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """The `attributes` of the JSON; `recovery` is the vault's recoveryLevel and recoverableDays."""
        platform = {"hsmPlatform": "2" if self.kty.endswith("-HSM") else "0"}
        return {
            **super().shown_attributes(recovery),
            "exportable": self.managed,
            **(platform if self.updated >= _PLATFORM_SINCE else {}),
        }

    def bundle(self, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """The key as GET answers it."""
        public = algorithms.public_part(self.private_key)
        key = {"kid": self.kid, "kty": self.kty, "key_ops": list(self.key_ops), **public}
        return self._described({"key": key, "attributes": self.shown_attributes(recovery)})

    def item(self, kid: str, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """The key as a list shows it: no key material [REC]."""
        return self._described({"kid": kid, "attributes": self.shown_attributes(recovery)})

    def _described(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.managed:
            body["managed"] = True
        if self.tags:
            body["tags"] = dict(self.tags)
        return body

    def change(self, request: Mapping[str, Any], now: int) -> None:
        """Takes over what a create or an update says of attributes, key_ops and tags.

        Raises Refusal: 400 for values of the wrong kind.
        """
        if request.get("key_ops") is not None:
            self.key_ops = allowed_operations(self.kty, request["key_ops"])
        self.change_attributes(request, now)

    def refuse_unless_usable(self, operation: str, now: float) -> None:
        """The key's own say about an operation (`encrypt`, `decrypt`, `wrapKey`, `unwrapKey`).

        Raises Refusal: 403 KeyOperationForbidden, KeyDisabled, KeyNotYetValid or KeyExpired.
        """
        if operation not in self.key_ops:
            text = f"Operation {operation} is not permitted on this key."
            raise refusals.forbidden(text, "KeyOperationForbidden")
        if not self.enabled:
            raise refusals.forbidden(f"Operation {operation} is not allowed on a disabled key.", "KeyDisabled")
        if operation not in _NEEDS_VALIDITY:
            return
        if self.nbf is not None and now < self.nbf:
            text = f"Operation {operation} is not allowed on a key that is not yet valid."
            raise refusals.forbidden(text, "KeyNotYetValid")
        if self.exp is not None and now >= self.exp:
            raise refusals.forbidden(f"Operation {operation} is not allowed on an expired key.", "KeyExpired")


def new_version(address: tuple[str, str, str], request: Mapping[str, Any], now: int) -> KeyVersion:
    """A version made as a create request (`kty`, `key_size`, `crv`, `key_ops`, `attributes`, `tags`) says;
    `address` is the vault's host, the key's name and the version.

    Raises Refusal: 400 for a key that Key Vault does not make.
    """
    host, name, version = address
    kty = request.get("kty")
    private_key: algorithms.PrivateKey
    if kty in ("RSA", "RSA-HSM"):
        size = request.get("key_size") or 2048
        if size not in algorithms.RSA_SIZES:
            raise refusals.bad_parameter("The parameter is incorrect.\r\n")
        private_key = algorithms.rsa_key(version, size)
    elif kty in ("EC", "EC-HSM"):
        curve = request.get("crv") or "P-256"
        if curve not in algorithms.CURVES:
            raise refusals.bad_parameter("The parameter is incorrect.\r\n")
        private_key = algorithms.ec_key(version, curve)
    else:
        raise refusals.bad_parameter("Property kty has invalid value\r\n")
    operations = allowed_operations(kty, None)
    made = KeyVersion(host, name, version, kty, private_key, operations, created=now, updated=now)
    made.change(request, now)
    if made.exp is None and list(made.key_ops) == ["import"]:
        made.exp = now + _IMPORT_SECONDS
    return made


def allowed_operations(kty: str, wanted: Sequence[str] | None) -> Sequence[str]:
    """The key_ops asked for, or all that the key type can do; [REC] a key can also be for `import` alone.

    Raises Refusal: 400 for an operation that is none, or that the key type cannot do.
    """
    known = _RSA_OPERATIONS if kty.startswith("RSA") else _EC_OPERATIONS
    if wanted is None:
        return known
    if any(operation not in (*known, "import") for operation in wanted):
        raise refusals.bad_parameter("Property key_ops has invalid value\r\n")
    return list(wanted)
