"""The process of a kube-apiserver, started again for each EncryptionConfiguration, as AKS does."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import urllib3

from emulator.core.tls import Authority, Issued
from emulator.real.programs import Process, free_port

Provider = dict[str, Any]
"""One entry of the list of providers, as the EncryptionConfiguration has it."""
IDENTITY: Provider = {"identity": {}}
START_SECONDS = 60.0
ADMINISTRATORS = "system:masters"
_FRONT_PROXY = "front-proxy"


class KubeApiServer:
    """`folder` gets its files, which hold private keys (0600). `url` stays the same from start to start; `token` is an
    administrator's."""

    def __init__(self, folder: Path, etcd_url: str, authority: Authority, flags: Sequence[str] = ()) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._port = free_port()
        self.url = f"https://127.0.0.1:{self._port}"
        self.token = secrets.token_hex(32)
        self.front_proxy = authority.client_certificate(_FRONT_PROXY, "front-proxies")
        """Whose requests are from whom their headers X-Remote-User and X-Remote-Group say. [D: authenticating proxy]"""
        server, signer = authority.server_certificate(), authority.client_certificate("service-accounts", "signers")
        self._write("server.crt", server.certificate)
        self._write("server.key", server.key)
        self._write("ca.crt", authority.pem)
        self._write("service-accounts.key", signer.key)
        self._write("tokens.csv", f"{self.token},administrator,administrator,{ADMINISTRATORS}\n".encode())
        self._flags = [*self._all_flags(etcd_url), *flags]
        context = ssl.create_default_context(cadata=authority.pem.decode())
        self._http = urllib3.PoolManager(ssl_context=context, retries=False, timeout=10, maxsize=16)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(
        self,
        providers: Sequence[Provider],
        limit_seconds: float = START_SECONDS,
        ready: Callable[[], bool] | None = None,
    ) -> bool:
        """Whether it was ready in time: one that cannot read every secret stays unready [SEEN]. The first of the
        providers writes Secrets. Raises CannotStart when it ended instead."""
        self.stop()
        resources = [{"resources": ["secrets"], "providers": list(providers)}]
        document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration"}
        self._write("encryption.json", json.dumps({**document, "resources": resources}).encode())
        self._process = Process("kube-apiserver", self._flags, self._folder / "kube-apiserver.log")
        return self._process.wait_for(ready or self.ready, limit_seconds)

    def ready(self) -> bool:
        try:
            return self.get("/readyz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        """As its administrator. Raises urllib3's HTTPError while it does not answer."""
        return self._http.request("GET", self.url + path, headers={"Authorization": f"Bearer {self.token}"})

    def send(self, method: str, path: str, body: Any) -> urllib3.BaseHTTPResponse:
        """A JSON object, as its administrator; a PATCH is a merge patch. Raises as `get`."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self._http.request(method, self.url + path, headers=headers, body=json.dumps(body))

    def last_words(self) -> str:
        return self._process.last_words() if self._process else ""

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """As a crash would."""
        if self._process:
            self._process.kill()
            self._process = None

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.touch(0o600)
        path.write_bytes(content)

    def _all_flags(self, etcd_url: str) -> list[str]:
        file = {name: str(self._folder / name) for name in ("server.crt", "server.key", "ca.crt", "tokens.csv")}
        signer = str(self._folder / "service-accounts.key")
        flags = {
            "etcd-servers": etcd_url,
            "bind-address": "127.0.0.1",
            "secure-port": str(self._port),
            "tls-cert-file": file["server.crt"],
            "tls-private-key-file": file["server.key"],
            "client-ca-file": file["ca.crt"],
            "token-auth-file": file["tokens.csv"],
            "requestheader-client-ca-file": file["ca.crt"],
            "requestheader-allowed-names": _FRONT_PROXY,
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": signer,
            "service-account-signing-key-file": signer,
            "authorization-mode": "RBAC",
            "encryption-provider-config": str(self._folder / "encryption.json"),
            "service-cluster-ip-range": "10.0.0.0/24",
            "endpoint-reconciler-type": "none",
            "disable-admission-plugins": "ServiceAccount",  # no controller makes the accounts
            "event-ttl": "10m",
        }
        return [f"--{name}={value}" for name, value in flags.items()]


def kubeconfig(url: str, authority: Authority, user: Issued) -> dict[str, Any]:
    """For kubectl, straight to the server; it holds the user's private key."""

    def coded(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    cluster = {"server": url, "certificate-authority-data": coded(authority.pem)}
    login = {"client-certificate-data": coded(user.certificate), "client-key-data": coded(user.key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "administrator", "user": login}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "administrator"}}],
        "current-context": "real",
    }
