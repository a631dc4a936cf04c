"""What opens the API server of a context, out of the user's kubeconfig: CA, client certificate, token, plugin.

TLS is always verified, and what kubectl itself no longer knows, or what makes one somebody else, is refused with what
to do instead.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from azext_akskv.failures import Rejected
from azext_akskv.gateways.kube_access import Access, add_client_certificate, decoded, tls_context, trust
from azext_akskv.gateways.kube_context import Context, Entry, context_of, unusable
from azext_akskv.gateways.kube_exec import SECONDS, Given, credential_of
from azext_akskv.gateways.kube_server import ApiServer, patient
from azext_akskv.gateways.retries import Retries
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import flag, text

IMPERSONATING = ("as", "as-uid", "as-groups", "as-user-extra")


@dataclass(frozen=True)
class Around:
    """`environment`: of our own process, which a plugin gets. `ca_bundle`: what az trusts beside; empty: nothing.
    `seconds`: so long a plugin may take."""

    environment: Mapping[str, str] = field(repr=False)
    ca_bundle: str = ""
    seconds: float = SECONDS


def connector(files: tuple[Path, ...], name: str, around: Around, retries: Retries) -> Callable[[], ApiServer]:
    """What makes a connection to the API server of a context each time it is called, from the files as they then are:
    credentials end. What it raises, see access_of and context_of."""

    def connect() -> ApiServer:
        access = access_of(context_of(files, name), around)
        return ApiServer(access, around.ca_bundle, patient(retries), keeps_connections=False)

    return connect


def access_of(context: Context, around: Around) -> Access:
    """Raises Rejected for a kubeconfig that cannot be used here, Denied where a plugin gives no credential."""
    try:
        return _access(context, around)
    except BadInput as error:
        raise unusable(f"the context {in_short(context.name, 60)} cannot be understood: {error}") from None


def _access(context: Context, around: Around) -> Access:
    cluster = context.cluster
    server = text(cluster.content, "server")
    if not _is_address(server):
        raise unusable(f"the server of the cluster {in_short(cluster.name, 60)} is not an https address")
    _refuse_unverified(cluster)
    _refuse_others(context.user)
    tls = _trusting(cluster, around.ca_bundle)
    token = _identified(context, tls, around)
    name, proxy = text(cluster.content, "tls-server-name"), text(cluster.content, "proxy-url")
    return Access(server, tls, token, name, proxy)


def _is_address(server: str) -> bool:
    try:
        address = urlsplit(server)
        return address.scheme == "https" and bool(address.hostname) and not (address.username or address.query)
    except ValueError:
        return False


def _refuse_unverified(cluster: Entry) -> None:
    if flag(cluster.content, "insecure-skip-tls-verify"):
        told = f"the cluster {in_short(cluster.name, 60)} has insecure-skip-tls-verify, and here TLS is always verified"
        raise unusable(
            f"{told}: give it its CA instead (kubectl config set-cluster {cluster.name} --embed-certs "
            "--certificate-authority=<FILE> --insecure-skip-tls-verify=false)"
        )


def _refuse_others(user: Entry) -> None:
    name, content = in_short(user.name, 60), user.content
    if content.get("username") or content.get("password"):
        raise unusable(
            f"the user {name} has a password, which no API server has taken since Kubernetes 1.19: "
            "use a client certificate, a token or a plugin"
        )
    if content.get("auth-provider"):
        raise unusable(
            f"the user {name} has an auth-provider, which kubectl has not known since 1.26: "
            "use a plugin instead (for Entra ID: kubelogin convert-kubeconfig)"
        )
    if any(content.get(each) for each in IMPERSONATING):
        raise unusable(f"the user {name} acts as somebody else (as, as-groups): use a context that does not")


def _trusting(cluster: Entry, ca_bundle: str) -> ssl.SSLContext:
    """Without a CA of its own an API server has one that the machine trusts."""
    ca = _content(cluster, "certificate-authority", "the cluster's CA")
    try:
        if ca:
            return tls_context(ca, ca_bundle)
    except Rejected as error:  # its text speaks of ARM's kubeconfig
        if error.code != "kubeconfig":
            raise
        raise unusable(f"the CA of the cluster {in_short(cluster.name, 60)} is not a PEM certificate") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    trust(context, ca_bundle)
    return context


def _identified(context: Context, tls: ssl.SSLContext, around: Around) -> str:
    """Puts a client certificate into `tls`, and gives the token, empty where there is none. As with kubectl a plugin is
    run only where there is no token."""
    user = context.user
    certificate = _content(user, "client-certificate", "the client certificate")
    key = _content(user, "client-key", "the client key")
    if bool(certificate) != bool(key):
        raise unusable(f"the user {in_short(user.name, 60)} has a client certificate or a key, and not both")
    token = _token(user)
    given = (
        credential_of(context, around.environment, around.seconds)
        if user.content.get("exec") and not token
        else Given()
    )
    if given.certificate:
        certificate, key = given.certificate.encode(), given.key.encode()
    if certificate:
        _certified(user, tls, certificate, key)
    token = token or given.token
    if not certificate and not token:
        raise unusable(f"the user {in_short(user.name, 60)} has no client certificate, no token and no plugin")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise unusable("the token has characters that no bearer token has")  # RFC 6750, 2.1
    return token


def _token(user: Entry) -> str:
    """A file is read anew each time, and comes before a token that stands there, as with kubectl."""
    path, token = text(user.content, "tokenFile"), text(user.content, "token")
    if not path:
        return token
    try:
        return user.path(path).read_text(encoding="ascii").strip() or token
    except (OSError, ValueError) as error:
        if token:
            return token
        why = error.strerror if isinstance(error, OSError) else "it is not a text of letters and digits"
        raise unusable(f"{user.path(path)} cannot be read: {why}") from None


def _certified(user: Entry, tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    name = in_short(user.name, 60)
    if b"ENCRYPTED" in key:
        raise unusable(f"the client key of the user {name} is encrypted, and there is nobody to ask for its passphrase")
    try:
        add_client_certificate(tls, certificate, key)
    except Rejected:
        raise unusable(f"client certificate and key of the user {name} do not fit together, or are not PEM") from None


def _content(entry: Entry, name: str, what: str) -> bytes:
    """What stands there as data, else what is in the file that is named; empty where there is neither."""
    if entry.content.get(f"{name}-data"):
        try:
            return decoded(entry.content[f"{name}-data"], what)
        except Rejected:
            raise unusable(f"{what} in it is not base64") from None
    path = text(entry.content, name)
    if not path:
        return b""
    try:
        return entry.path(path).read_bytes()
    except OSError as error:
        raise unusable(f"{entry.path(path)} cannot be read: {error.strerror}") from None
