"""What the provider asks of Azure: tokens for identities, and objects of vaults. The world fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

POD_IDENTITY, MANAGED_IDENTITY, TOKEN_PROXY = "PodIdentity", "VMManagedIdentity", "AzureTokenProxy"
WORKLOAD_IDENTITY, SERVICE_PRINCIPAL = "WorkloadIdentity", "ServicePrincipal"
Transport = Literal["nxdomain", "servfail", "timeout", "refused", "untrusted", "reset"]


@dataclass(frozen=True)
class Origin:
    """Where a question comes from: a node of a cluster, by name, with its subnet's id and its address."""

    cluster_id: str
    node: str
    subnet_id: str = ""
    address: str = ""


@dataclass(frozen=True)
class Assertion:
    """The token of a service account, as the cluster's issuer has signed it. `subject` is
    `system:serviceaccount:<namespace>:<name>`."""

    issuer: str
    subject: str
    audience: str
    issued: datetime
    expires: datetime


@dataclass(frozen=True)
class TokenRequest:
    """`mode` is one of the modes above. `client_id` may be empty for MANAGED_IDENTITY: whatever the node has by
    itself."""

    origin: Origin
    mode: str
    client_id: str
    tenant: str
    assertion: Assertion | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Token:
    """`text` is the bearer token itself, for whoever takes it; the rest is what is in it."""

    principal_id: str
    client_id: str
    tenant: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class HttpFailure:
    """An answer that is none: `body` as it came, `url` with its query, `method`. `code`, `inner` and `message` are Key
    Vault's; `tenant` is that of a challenge, None where there is none."""

    status: int
    body: str
    url: str
    method: str = "GET"
    code: str = ""
    inner: str = ""
    message: str = ""
    tenant: str | None = None


@dataclass(frozen=True)
class Unanswered:
    """Nobody has answered: what became of the connection, in Go's words (`dial tcp 10.0.0.4:443: i/o timeout`)."""

    kind: Transport
    detail: str
    url: str
    method: str = "GET"


@dataclass(frozen=True)
class VaultRequest:
    """`kind` is secrets, keys or certificates; an empty version is the newest."""

    origin: Origin
    host: str
    kind: str
    name: str
    version: str = ""

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.kind}/{self.name}/{self.version}"


@dataclass(frozen=True)
class VaultObject:
    """`bundle` is what Key Vault answers a GET with: value, contentType, key, cer, id."""

    bundle: Mapping[str, Any] = field(repr=False)

    @property
    def version(self) -> str:
        address = self.bundle.get("id") or (self.bundle.get("key") or {}).get("kid") or ""
        return str(address).rpartition("/")[2]


class AzureSide(Protocol):
    """Filled in `emulator.world`."""

    def token(self, asked: TokenRequest) -> Token | HttpFailure | Unanswered:
        """A token for Key Vault."""
        ...

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        """One object. Without a token the vault answers with its challenge, a 401 with `tenant`."""
        ...
