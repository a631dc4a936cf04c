"""The objects of a cluster that has been in use for a while: namespaces, ConfigMaps, Secrets of all types."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from emulator.worlds.spec import Secrets

Object = dict[str, Any]
Maker = Callable[[str, str, str], Object]
"""From namespace, name and a value (which holds the marker) to a Secret without times."""

_APPS = ("api", "worker", "web", "gateway", "ledger", "mailer", "reports", "sync", "cache", "scheduler")
# The spread of creation times over the life of the cluster.
_SPREAD = timedelta(days=39)


def namespaces(stock: Secrets, born: datetime) -> Iterator[Object]:
    """The namespaces that the Secrets are in, and those that every cluster has."""
    for name in dict.fromkeys((*stock.namespaces, "default", "kube-node-lease", "kube-public", "kube-system")):
        labels = {"kubernetes.io/metadata.name": name}
        metadata = {"name": name, "creationTimestamp": f"{born:%Y-%m-%dT%H:%M:%SZ}", "labels": labels}
        yield {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def config_maps(stock: Secrets, born: datetime) -> Iterator[Object]:
    """Each namespace's root certificate, which is no Secret and is never encrypted."""
    for name in stock.namespaces:
        metadata = {"name": "kube-root-ca.crt", "namespace": name, "creationTimestamp": f"{born:%Y-%m-%dT%H:%M:%SZ}"}
        yield {"metadata": metadata, "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n"}}


def secrets(stock: Secrets, born: datetime) -> Iterator[Object]:
    """`stock.count` Secrets, spread over the namespaces and the types of real clusters. Every value, also those in
    annotations, holds the marker; in data it begins at a multiple of three bytes, so that its base64 can be found."""
    for number in range(stock.count):
        namespace = stock.namespaces[number % len(stock.namespaces)]
        turn = number // len(stock.namespaces)
        maker = _MAKERS[(turn + number) % len(_MAKERS)]
        value = f"{stock.marker}-{hashlib.sha256(f'{namespace}/{number}'.encode()).hexdigest()}"
        secret = maker(namespace, f"{_APPS[turn % len(_APPS)]}-{turn}", value)
        secret["metadata"]["creationTimestamp"] = f"{born + _SPREAD * number / stock.count:%Y-%m-%dT%H:%M:%SZ}"
        yield secret


def _secret(namespace: str, name: str, data: dict[str, str], type_name: str = "Opaque") -> Object:
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"metadata": {"name": name, "namespace": namespace}, "data": coded, "type": type_name}


def _opaque(namespace: str, name: str, value: str) -> Object:
    secret = _secret(namespace, f"{name}-credentials", {"username": f"{value}-user", "password": value})
    secret["metadata"]["labels"] = {"app.kubernetes.io/name": name.partition("-")[0]}
    return secret


def _applied(namespace: str, name: str, value: str) -> Object:
    """Made with `kubectl apply` from stringData: the annotation holds the value in plain."""
    secret = _secret(namespace, f"{name}-settings", {"token": value})
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"annotations": {}, "name": f"{name}-settings", "namespace": namespace},
        "stringData": {"token": value},
        "type": "Opaque",
    }
    last = json.dumps(manifest, separators=(",", ":")) + "\n"
    secret["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": last}
    return secret


def _immutable(namespace: str, name: str, value: str) -> Object:
    return {**_secret(namespace, f"{name}-pinned", {"key": value}), "immutable": True}


def _tls(namespace: str, name: str, value: str) -> Object:
    certificate = f"{value}\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    key = f"{value}\n-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
    secret = _secret(namespace, f"{name}-tls", {"tls.crt": certificate, "tls.key": key}, "kubernetes.io/tls")
    secret["metadata"]["annotations"] = {"cert-manager.io/certificate-name": f"{name}-tls"}
    return secret


def _registry(namespace: str, name: str, value: str) -> Object:
    config = f'{{"auths":{{"shop.azurecr.io" :{{"auth":"{value}"}}}}}}'
    return _secret(namespace, f"{name}-pull", {".dockerconfigjson": config}, "kubernetes.io/dockerconfigjson")


def _service_account_token(namespace: str, name: str, value: str) -> Object:
    data = {"token": value, "namespace": f"{value}-{namespace}", "ca.crt": f"{value}\n-----BEGIN CERTIFICATE-----\n"}
    secret = _secret(namespace, f"{name}-token", data, "kubernetes.io/service-account-token")
    secret["metadata"]["annotations"] = {"kubernetes.io/service-account.name": name}
    return secret


def _helm_release(namespace: str, name: str, value: str) -> Object:
    """The state of a Helm release: the largest Secrets of most clusters."""
    release = value * (8 + len(name) % 24)
    secret = _secret(namespace, f"sh.helm.release.v1.{name}.v1", {"release": release}, "helm.sh/release.v1")
    secret["metadata"]["labels"] = {"name": name, "owner": "helm", "status": "deployed", "version": "1"}
    return secret


def _basic_auth(namespace: str, name: str, value: str) -> Object:
    return _secret(namespace, f"{name}-basic", {"username": value, "password": value}, "kubernetes.io/basic-auth")


_MAKERS: tuple[Maker, ...] = (
    _opaque,
    _applied,
    _tls,
    _opaque,
    _helm_release,
    _registry,
    _opaque,
    _immutable,
    _service_account_token,
    _helm_release,
    _basic_auth,
)
