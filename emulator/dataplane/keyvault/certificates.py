"""The certificates of all vaults. Each version has a key and a secret of the same name and id, which come and go with
it: the secret holds the private key and the certificate."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.dataplane.keyvault import algorithms, refusals, x509_files
from emulator.dataplane.keyvault.attributes import Attributes
from emulator.dataplane.keyvault.secrets import SecretVersion
from emulator.dataplane.keyvault.shelf import Named, Shelf
from emulator.dataplane.keyvault.versions import KeyVersion, allowed_operations

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_SELF = "Self"
PEM, PFX = "application/x-pem-file", "application/x-pkcs12"
_KEY_PROPERTIES = {"exportable": True, "kty": "RSA", "key_size": 2048, "reuse_key": False}
_RENEWAL = ({"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}},)


@dataclass
class CertificateVersion(Attributes):
    """One version. `der` is empty while nobody has signed the request; `policy` as the JSON has it."""

    vault_host: str
    name: str
    version: str
    der: bytes
    policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"https://{self.vault_host}/certificates/{self.name}/{self.version}"

    def bundle(self, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """As a GET answers it [REC]."""
        sides = {kind: self.id.replace("/certificates/", f"/{kind}s/") for kind in ("key", "secret")}
        body = self.item(self.id, recovery)
        tags = {"tags": body.pop("tags")} if "tags" in body else {}
        return {
            "id": body["id"],
            "kid": sides["key"],
            "sid": sides["secret"],
            **({"x5t": body["x5t"], "cer": base64.b64encode(self.der).decode()} if self.der else {}),
            "attributes": body["attributes"],
            **tags,
            "policy": self.shown_policy(),
        }

    def item(self, shown_id: str, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """As a list shows it [D]."""
        body: dict[str, Any] = {"id": shown_id, "attributes": self.shown_attributes(recovery)}
        if self.der:
            digest = hashlib.sha1(self.der, usedforsecurity=False).digest()  # what `x5t` is in RFC 7517
            body["x5t"] = algorithms.encoded(digest)
        if self.tags:
            body["tags"] = dict(self.tags)
        return body

    def shown_policy(self) -> dict[str, Any]:
        """[REC] Under an id of its own, with times of its own."""
        own = f"{self.id.rpartition('/')[0]}/policy"
        return {
            "id": own,
            **self.policy,
            "attributes": {"enabled": True, "created": self.created, "updated": self.created},
        }


class Certificates:
    """`world.keyvault.certificates`."""

    def __init__(self, world: EmulatedWorld, keys: Shelf[KeyVersion], secrets: Shelf[SecretVersion]) -> None:
        self._world, self._keys, self._secrets = world, keys, secrets
        self.shelf: Shelf[CertificateVersion] = Shelf(world, "certificate")

    def create(self, vault_host: str, name: str, request: Mapping[str, Any]) -> CertificateVersion:
        """A new version after a policy; `request` is the data plane's create body. The issuer Self signs at once. [D]
        With another one the version waits, disabled, for somebody to sign.

        Raises Refusal: 400 for a certificate that cannot be, 409 for a name that is deleted or another's.
        """
        address = self._address(vault_host, name)
        policy = _policy_of(request.get("policy") or {})
        key = algorithms.rsa_key(address[2], policy["key_props"]["key_size"])
        now, subject = self._world.clock.now(), policy["x509_props"]["subject"]
        if policy["issuer"]["name"] != _SELF:
            return self._put(address, policy, x509_files.Pair(key, None), request)
        months = int(policy["x509_props"].get("validity_months") or 12)
        try:
            pair = x509_files.self_signed(key, subject, address[2], now, months)
        except ValueError as error:
            raise refusals.bad_parameter("Property subject has invalid value\r\n") from error
        return self._put(address, policy, pair, request)

    def import_(self, vault_host: str, name: str, request: Mapping[str, Any]) -> CertificateVersion:
        """A version from a file with a private key and its certificate, PEM or PFX in base64.

        Raises Refusal: 400 for what is none, 409 as `create`.
        """
        address = self._address(vault_host, name)
        try:
            pair = x509_files.read(str(request.get("value") or ""), request.get("pwd"))
        except ValueError as error:
            raise refusals.bad_parameter("The specified X.509 certificate content cannot be read.") from error
        asked = {"issuer": {"name": "Unknown"}, **(request.get("policy") or {})}
        policy = {**_policy_of(asked), "x509_props": x509_files.properties(pair)}
        return self._put(address, policy, pair, request)

    def update(self, found: CertificateVersion, request: Mapping[str, Any]) -> None:
        """[D] The attributes of a certificate are those of its key and its secret too.

        Raises Refusal: 400 for values of the wrong kind.
        """
        address = found.vault_host, found.name, found.version
        for one in (found, self._keys.version(*address), self._secrets.version(*address)):
            one.change_attributes(request, self.shelf.now)

    def request_for(self, version: CertificateVersion) -> str:
        """The request to sign it, in base64."""
        key = self._keys.version(version.vault_host, version.name, version.version).private_key
        return x509_files.signing_request(key, version.policy["x509_props"]["subject"])

    def delete(self, vault_host: str, name: str) -> Named[CertificateVersion]:
        """With its key and its secret [D]. Raises Refusal: 404."""
        found = self.shelf.delete(vault_host, name)
        self._keys.delete(vault_host, name)
        self._secrets.delete(vault_host, name)
        return found

    def recover(self, vault_host: str, name: str) -> Named[CertificateVersion]:
        """With its key and its secret [D]. Raises Refusal: 404."""
        found = self.shelf.recover(vault_host, name)
        self._keys.recover(vault_host, name)
        self._secrets.recover(vault_host, name)
        return found

    def purge(self, vault_host: str, name: str) -> None:
        """With its key and its secret [D]. Raises Refusal: 404, 403 when the vault protects against purging."""
        self.shelf.purge(vault_host, name)
        self._keys.purge(vault_host, name)
        self._secrets.purge(vault_host, name)

    def _address(self, vault_host: str, name: str) -> tuple[str, str, str]:
        """Raises Refusal: 400, 409."""
        address = self.shelf.address_of_next(vault_host, name)
        self._refuse_taken(vault_host, name)
        return address

    def _refuse_taken(self, vault_host: str, name: str) -> None:
        """[INF] A key or a secret that has the name and is no certificate's is in the way. Raises Refusal: 409."""
        for shelf in (self._keys, self._secrets):
            found = shelf.look(vault_host, name)
            if found is not None and not found.newest.managed:
                raise refusals.name_taken("certificate", name, shelf.kind)

    def _put(
        self,
        address: tuple[str, str, str],
        policy: Mapping[str, Any],
        pair: x509_files.Pair,
        request: Mapping[str, Any],
    ) -> CertificateVersion:
        host, name, version = address
        now, kind = self.shelf.now, policy["secret_props"]["contentType"]
        times: dict[str, Any] = {"created": now, "updated": now, "nbf": pair.begins, "exp": pair.ends}
        made = CertificateVersion(host, name, version, pair.der, policy, **times)
        operations = allowed_operations("RSA", None)
        key = KeyVersion(host, name, version, "RSA", pair.key, operations, managed=True, **times)
        value = pair.pem() if kind == PEM else pair.pfx()
        secret = SecretVersion(host, name, version, value, kind, managed=True, **times)
        for one in (made, key, secret):
            one.change_attributes(request, now)
            one.enabled = one.enabled and pair.certificate is not None
        self._keys.add(host, name, key)
        self._secrets.add(host, name, secret)
        return self.shelf.add(host, name, made)


def _policy_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """[REC] A policy with what the service fills in. [D] The secret is a PFX unless a PEM is asked for.

    Raises Refusal: 400 for keys that are not made here.
    """
    key = {**_KEY_PROPERTIES, **(asked.get("key_props") or {})}
    if key["kty"] != "RSA" or key["key_size"] not in algorithms.RSA_SIZES:
        raise refusals.bad_parameter("The parameter is incorrect.\r\n")
    return {
        "key_props": key,
        "secret_props": {"contentType": (asked.get("secret_props") or {}).get("contentType") or PFX},
        "x509_props": {"subject": "CN=example", "validity_months": 12, **(asked.get("x509_props") or {})},
        "lifetime_actions": list(asked.get("lifetime_actions") or _RENEWAL),
        "issuer": dict(asked.get("issuer") or {"name": _SELF}),
    }
