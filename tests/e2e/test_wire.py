"""A wire tap at the API server's end of the connection: no secret's value ever crosses it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.conftest import Station
from tests.e2e.test_worlds import CLUSTER, DISABLE, ENABLE

PLANTED = "quite-a-secret-value"
"""In `data`, in `stringData` kept by kubectl's annotation, and in a plain annotation."""
FORMS = tuple(form.encode() for form in (PLANTED, base64.b64encode(PLANTED.encode()).decode()))


def planted() -> dict[str, Any]:
    applied = {"kind": "Secret", "stringData": {"password": PLANTED}}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "planted",
            "namespace": "default",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied),
                "example.org/note": PLANTED,
            },
        },
        "data": {"password": base64.b64encode(PLANTED.encode()).decode()},
    }


CLIENT = """
import base64, json, os, sys, tempfile
import kubernetes, yaml
config = yaml.safe_load(os.environ["PLANTED_KUBECONFIG"])
client = kubernetes.config.new_client_from_config_dict(config)
client.configuration.proxy = os.environ["HTTPS_PROXY"]
client = kubernetes.client.ApiClient(client.configuration)
core = kubernetes.client.CoreV1Api(client)
if len(sys.argv) > 1:
    core.create_namespaced_secret("default", json.loads(sys.argv[1]))
else:
    core.list_namespaced_secret("default")
"""


def as_kubectl(station: Station, *arguments: str) -> None:
    """An ordinary client with the cluster's own kubeconfig."""
    emulation = station.emulation
    (server,) = emulation.world.kubernetes._servers.values()
    own = {"PLANTED_KUBECONFIG": server.kubeconfig("admin"), "HTTPS_PROXY": emulation.proxy_url}
    subprocess.run([sys.executable, "-c", CLIENT, *arguments], env={**os.environ, **own}, check=True, timeout=60)


@pytest.fixture
def tapped(station: Station) -> Station:
    station.start("public-rbac", secrets=20)
    as_kubectl(station, json.dumps(planted()))
    station.emulation.server.call(lambda: station.emulation.control._switch_tap(True))
    return station


def seen(station: Station) -> bytes:
    return bytes(station.emulation.server.tap.seen)


def test_no_value_crosses_the_wire(tapped: Station) -> None:
    for command in ((*ENABLE, "--yes"), ("aks", "kv", "reencrypt", *CLUSTER, "--yes", "-o", "json"), DISABLE):
        done = tapped.az(*command)
        assert done.code == 0, done.output
    wire = seen(tapped)
    assert b"planted" in wire and b"PATCH /api/v1/namespaces/default/secrets/planted" in wire
    assert [form for form in FORMS if form in wire] == []


def test_the_tap_would_see_one(tapped: Station) -> None:
    as_kubectl(tapped)
    assert all(form in seen(tapped) for form in FORMS)
