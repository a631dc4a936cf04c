"""The secrets and certificates that a world's vaults begin with, and whose tokens its identities trust."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.providers.containerservice import clusters
from emulator.providers.keyvault import vaults
from emulator.providers.kubernetes import connected
from emulator.providers.managedidentity import federated, identities
from emulator.worlds.spec import SUBSCRIPTION
from emulator.worlds.vault_contents import Certificate, VaultSecret

_APART = 86400
"""[OWN] Seconds between two versions of a secret; the newest is a day old."""
if TYPE_CHECKING:
    from emulator.world import EmulatedWorld
    from emulator.worlds import spec


def fill(world: EmulatedWorld, vault: spec.Vault) -> None:
    """Makes what is in the vault, usable still."""
    host = vaults.host_of(vault.name)
    for secret in vault.secrets:
        for number in range(1, secret.versions + 1):
            made = world.keyvault.secrets.set(host, secret.name, _secret_request(world, secret, number))
            made.created = made.updated = made.created - (secret.versions - number + 1) * _APART
    for certificate in vault.certificates:
        for _ in range(certificate.versions):
            world.keyvault.certificates.create(host, certificate.name, _certificate_request(certificate))


def spoil(world: EmulatedWorld, vault: spec.Vault) -> None:
    """What became of it."""
    host, held = vaults.host_of(vault.name), world.keyvault
    for secret in vault.secrets:
        for version in held.secrets.shelf.get(host, secret.name).versions:
            version.enabled = secret.enabled
        if secret.deleted:
            held.secrets.delete(host, secret.name)
    for certificate in vault.certificates:
        for signed in held.certificates.shelf.get(host, certificate.name).versions:
            held.certificates.update(signed, {"attributes": {"enabled": certificate.enabled and bool(signed.der)}})
        if certificate.deleted:
            held.certificates.delete(host, certificate.name)


def federate(world: EmulatedWorld, created: datetime) -> None:
    """Makes the federated credentials, once their clusters are there."""
    for one in world.spec.federations:
        identity = world.resources.get(identities.identity_id(SUBSCRIPTION, world.spec.group, one.identity))
        assert identity is not None, f"the world has no identity {one.identity}"
        issuer = one.issuer or _issuer_of(world, one.cluster)
        properties = {"issuer": issuer, "subject": one.subject, "audiences": [one.audience]}
        federated.put(world, identity, one.name, properties, created)


def _issuer_of(world: EmulatedWorld, cluster: str) -> str:
    if any(data.name == cluster for data in world.spec.outside):
        return connected.issuer_of(world, connected.cluster_id(world.spec.group, cluster))
    return clusters.issuer_of(world, clusters.cluster_id(world.spec.group, cluster))


def _secret_request(world: EmulatedWorld, secret: VaultSecret, number: int) -> dict[str, Any]:
    days = {"exp": secret.expires_in_days, "nbf": secret.valid_in_days}
    limits = {name: world.clock.now() + timedelta(days=value) for name, value in days.items() if value is not None}
    times = {name: int(time.timestamp()) for name, time in limits.items()}
    return {"value": f"{secret.value}-{number}", "contentType": secret.content_type, "attributes": times}


def _certificate_request(certificate: Certificate) -> dict[str, Any]:
    policy = {
        "issuer": {"name": certificate.issuer},
        "secret_props": {"contentType": certificate.content_type},
        "x509_props": {"subject": certificate.subject, "validity_months": certificate.months},
    }
    return {"policy": policy}
