"""Who we are at a cluster's API server, and how we know that it is the right one: from the kubeconfig that ARM gives.

No kubelogin and no kubectl: a client certificate or a token that stands in the kubeconfig, or, where it says that Entra
ID decides, a token of az's own login.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from azext_akskv.failures import Rejected
from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import child, texts, whole

SERVER_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The AKS server application, the same in every cloud: the audience of the tokens that open clusters with managed Entra
integration. [D: AKS docs, kubelogin]"""

DOING = "log in to the API server"


@dataclass(frozen=True)
class Access:
    """`server` is the API server's URL. A client certificate is in `tls`; where there is none, there is a token.
    `server_name`: the name in the server's certificate, where it is not the URL's. `proxy`: the URL of the proxy to go
    through, whatever the environment says."""

    server: str
    tls: ssl.SSLContext = field(repr=False)
    token: str = field(repr=False, default="")
    server_name: str = ""
    proxy: str = field(repr=False, default="")


def read_kubeconfig(text: bytes, hosts: frozenset[str], entra_token: Callable[[str], str], ca_bundle: str) -> Access:
    """`hosts` are the API server's names as ARM tells them: a credential goes nowhere else. `entra_token` gives a token
    for an application's id. `ca_bundle`: a file or folder of CAs to trust beside the cluster's own; empty: none.

    Raises Rejected when the kubeconfig is not one that can be used, and what asking for a token raises.
    """
    cluster, user = current_context(text)
    server = str(cluster.get("server") or "")
    host = urlsplit(server).hostname or ""
    if urlsplit(server).scheme != "https" or host.lower() not in {each.lower() for each in hosts}:
        raise unusable(f"it names the API server {server!r}, and ARM says {' or '.join(sorted(hosts)) or 'nothing'}")
    ca = decoded(cluster.get("certificate-authority-data"), "the cluster's CA")
    if not ca:
        raise unusable("it has no certificate authority to know the API server by")
    tls = tls_context(ca, ca_bundle)
    certificate = decoded(user.get("client-certificate-data"), "the client certificate")
    key = decoded(user.get("client-key-data"), "the client key")
    if certificate and key:
        add_client_certificate(tls, certificate, key)
        return Access(server, tls)
    return Access(server, tls, token_of(user, entra_token))


def token_of(user: dict[str, Any], entra_token: Callable[[str], str]) -> str:
    application = entra_application(user)
    if application:
        if application.lower() != SERVER_APPLICATION:
            raise unusable(
                f"the cluster takes tokens for the application {application}: that is the legacy Entra integration, "
                "which AKS has replaced by the managed one (az aks update --enable-aad)"
            )
        return entra_token(SERVER_APPLICATION)
    token = user.get("token")
    if not isinstance(token, str) or not token:
        raise unusable("it has neither a client certificate, nor a token, nor a way to get one")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise unusable("its token has characters that no bearer token has")  # RFC 6750, 2.1
    return token


def entra_application(user: dict[str, Any]) -> str:
    """The application that tokens are for, as kubelogin is told (`exec`), or kubectl before 1.26 was
    (`auth-provider`); empty when Entra ID has no part in it."""
    try:
        arguments, config = texts(child(user, "exec"), "args"), child(child(user, "auth-provider"), "config")
    except BadInput as error:
        raise unusable(f"its user cannot be understood ({error})") from None
    if "--server-id" in arguments[:-1]:
        return str(arguments[arguments.index("--server-id") + 1])
    if user.get("exec"):
        return "(none)"
    return str(config.get("apiserver-id") or "(none)") if user.get("auth-provider") else ""


def current_context(text: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The `cluster` and the `user` that the current context names."""
    try:
        config = yaml.safe_load(text)
        context = by_name(config, "contexts", config["current-context"])["context"]
        return (
            whole(by_name(config, "clusters", context["cluster"])["cluster"]),
            whole(by_name(config, "users", context["user"])["user"] or {}),
        )
    except (yaml.YAMLError, LookupError, TypeError, ValueError) as error:
        # the parser's own message quotes the line, which may hold a credential
        raise unusable(f"it cannot be understood ({type(error).__name__})") from None


def by_name(config: Any, kind: str, name: str) -> Any:
    return {each["name"]: each for each in config[kind]}[name]


def decoded(text: Any, what: str) -> bytes:
    """Base64 as kubeconfigs hold certificates; empty when there is none."""
    try:
        return base64.b64decode(text or "", validate=False)
    except (binascii.Error, TypeError, ValueError):
        raise unusable(f"{what} in it is not base64") from None


def tls_context(ca: bytes, ca_bundle: str) -> ssl.SSLContext:
    """Trusts the cluster's CA, and beside it what the user trusts for all of az: a proxy that opens TLS has its CA
    there. Host name and certificate are always checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise unusable("its certificate authority is not a PEM certificate") from None
    trust(context, ca_bundle)
    return context


def trust(context: ssl.SSLContext, ca_bundle: str) -> None:
    """Adds a file or a folder of CAs to what is trusted."""
    if not ca_bundle:
        return
    try:
        if os.path.isdir(ca_bundle):
            context.load_verify_locations(capath=ca_bundle)
        else:
            context.load_verify_locations(cafile=ca_bundle)
    except OSError as error:  # ssl.SSLError is one
        raise Rejected(
            DOING, "ca-bundle", f"cannot read the CAs in {ca_bundle} (REQUESTS_CA_BUNDLE): {error}"
        ) from None


def add_client_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads certificate and key from files only: they exist for this call, in a folder that is ours alone."""
    with tempfile.TemporaryDirectory(prefix="akskv-") as folder:  # mode 0700
        certificate_file, key_file = written(folder, "crt", certificate), written(folder, "key", key)
        try:
            # an empty passphrase: without one OpenSSL would ask for it at the terminal
            context.load_cert_chain(certificate_file, key_file, password="")
        except ssl.SSLError:
            raise unusable("its client certificate and key do not fit together") from None


def written(folder: str, name: str, content: bytes) -> str:
    path = os.path.join(folder, name)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return path


def unusable(why: str) -> Rejected:
    return Rejected(DOING, "kubeconfig", f"the kubeconfig from ARM cannot be used: {why}")
