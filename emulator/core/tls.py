"""Certificate authorities, one for Azure's own hosts and one for the clusters, made once in a process."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache

import trustme


@dataclass(frozen=True)
class Issued:
    """A certificate with its chain and its private key, both in PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """A CA whose server certificate is for the given host names."""

    def __init__(self, organization: str, *hosts: str) -> None:
        self._ca = trustme.CA(organization_name=organization)
        self._server = self._ca.issue_cert(*hosts)

    @property
    def pem(self) -> bytes:
        """The CA's own certificate."""
        return bytes(self._ca.cert_pem.bytes())

    def server_context(self, client_certificates: bool = False) -> ssl.SSLContext:
        """For a listener; client certificates of this CA are welcome then, and never demanded."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.configure_cert(context)
        if client_certificates:
            self._ca.configure_trust(context)
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_certificate(self, user: str, group: str) -> Issued:
        """As Kubernetes reads them: the user is the common name, the group the organization."""
        return _issued(self._ca.issue_cert("client.invalid", common_name=user, organization_name=group))

    def server_certificate(self) -> Issued:
        """The same as the listener's, for a server in a process of its own."""
        return _issued(self._server)


def _issued(leaf: trustme.LeafCert) -> Issued:
    return Issued(b"".join(blob.bytes() for blob in leaf.cert_chain_pems), leaf.private_key_pem.bytes())


@cache
def azure_authority() -> Authority:
    """The CA of everything but the API servers."""
    return Authority("Emulated Azure", "*.emulator.test", "*.vault.emulator.test", "localhost", "127.0.0.1")


@cache
def cluster_authority() -> Authority:
    """The CA of the API servers, which the kubeconfigs carry."""
    return Authority("Emulated AKS", "*.hcp.westeurope.emulator.test", "*.k3s.emulator.test", "localhost", "127.0.0.1")
