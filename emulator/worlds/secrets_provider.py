"""What worlds say of the Key Vault provider for Secrets Store on a cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SecretsProvider:
    """The add-on azure-keyvault-secrets-provider, once it was enabled. Its identity is, as a principal of the world,
    `azurekeyvaultsecretsprovider-<cluster>`. `rotation` and `poll_interval` as its config has them."""

    enabled: bool = True
    rotation: str = "false"
    poll_interval: str = "2m"
    lost_by: tuple[str, ...] = ()
    """Pools whose scale sets somebody has taken its identity from."""


@dataclass(frozen=True)
class Federation:
    """A federated credential that an identity of the world has: with the issuer of a cluster, or with `issuer`."""

    identity: str
    subject: str = "system:serviceaccount:default:app"
    name: str = "app"
    cluster: str = "shop"
    issuer: str = ""
    audience: str = "api://AzureADTokenExchange"


@dataclass(frozen=True)
class Application:
    """An application of the tenant, with its service principal of this name and a client secret. Its client id is made
    of its principal's id, as identities' are."""

    name: str = "shop-app"
    secret: str = "correct-horse-token"
    expired: bool = False
