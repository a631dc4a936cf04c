"""The same kubeconfig for kubectl and for us: the same server, asked with the same credential."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.failures import GatewayError
from azext_akskv.gateways.kube_context import context_of, kubeconfig_files
from azext_akskv.gateways.kube_server import ApiServer, Request
from emulator import environment
from tests.kubectl import needs_kubectl
from tests.unit.gateways.conftest import Reply
from tests.unit.gateways.kube.kube_service import KubeService, encoded
from tests.unit.gateways.kube.kubeconfigs import a_plugin, an_exec, config, credential, of_service, opened, put

pytestmark = needs_kubectl
READ = Request("read something", "GET", "/api")
PATH = environment.complete({})["PATH"]
Folder = Path
User = Callable[[KubeService, Folder], dict[str, Any]]


def kubectl(variable: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": PATH, "HOME": "/nowhere", "KUBECONFIG": variable, **more}
    return subprocess.run(
        ["kubectl", *words], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def certificate(kube: KubeService) -> dict[str, str]:
    client = kube.authority.client
    return {
        "client-certificate-data": encoded(client.cert_chain_pems[0].bytes()),
        "client-key-data": encoded(client.private_key_pem.bytes()),
    }


def with_files(kube: KubeService, folder: Folder) -> dict[str, Any]:
    (folder / "crt").write_bytes(kube.authority.client.cert_chain_pems[0].bytes())
    (folder / "key").write_bytes(kube.authority.client.private_key_pem.bytes())
    return {"client-certificate": "crt", "client-key": "key"}


def with_token_file(_: KubeService, folder: Folder) -> dict[str, Any]:
    (folder / "token").write_text("from-file\n")
    return {"tokenFile": "token", "token": "own"}


def with_plugin(_: KubeService, folder: Folder) -> dict[str, Any]:
    (folder / "bin").mkdir(exist_ok=True)
    a_plugin(folder / "bin", credential(token="from-plugin"))
    return {"exec": an_exec("./bin/plugin")}


def with_plugins_certificate(kube: KubeService, folder: Folder) -> dict[str, Any]:
    client = kube.authority.client
    pem = {"clientCertificateData": client.cert_chain_pems[0], "clientKeyData": client.private_key_pem}
    a_plugin(folder, credential("v1beta1", **{name: each.bytes().decode() for name, each in pem.items()}))
    return {"exec": an_exec("./plugin", "v1beta1")}


USERS: dict[str, User] = {
    "token": lambda _kube, _folder: {"token": "own"},
    "certificate": lambda kube, _: certificate(kube),
    "certificate and token": lambda kube, _: {**certificate(kube), "token": "own"},
    "files": with_files,
    "token file before token": with_token_file,
    "plugin": with_plugin,
    "token before plugin": lambda kube, folder: {**with_plugin(kube, folder), "token": "own"},
    "certificate of a plugin": with_plugins_certificate,
}


@pytest.mark.parametrize("user", USERS)
def test_the_server_sees_the_same_credential(kube: KubeService, tmp_path: Path, user: str) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))
    path = put(tmp_path, of_service(kube, **USERS[user](kube, tmp_path)))
    done = kubectl(str(path), "get", "--raw", "/api", "--context", "edge")
    assert done.returncode == 0, done.stderr
    ApiServer(opened(path, {"PATH": PATH})).ask(READ)
    theirs, ours = (each.headers.get("authorization") for each in kube.requests)
    assert (theirs, kube.certified[0]) == (ours, kube.certified[1])


@pytest.mark.parametrize("told", [True, False])
def test_a_plugin_is_told_the_same(kube: KubeService, tmp_path: Path, told: bool) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))
    notes = tmp_path / "notes"
    note = f"open({str(notes)!r}, 'a').write(json.dumps([info, sys.argv[1:], os.environ.get('MODE')]) + chr(10))\n"
    a_plugin(tmp_path, note + credential(token="t"))
    more = {"provideClusterInfo": told, "args": ["a", "--b"], "env": [{"name": "MODE", "value": "x"}]}
    document = of_service(kube, exec=an_exec("./plugin", **more))
    document["clusters"][0]["cluster"] |= {
        "tls-server-name": "127.0.0.1",
        "extensions": [
            {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "somebody", "depth": 3}}
        ],
    }
    path = put(tmp_path, document)
    assert kubectl(str(path), "get", "--raw", "/api", "--context", "edge").returncode == 0
    opened(path, {"PATH": PATH})
    theirs, ours = (json.loads(line) for line in notes.read_text().splitlines())
    assert ours == theirs


def test_several_files_are_merged_the_same(tmp_path: Path) -> None:
    first = config(
        contexts={"edge": {"cluster": "c1", "user": "u1"}}, users={"u1": {"token": "first"}}, clusters={"c2": {}}
    )
    second = config(
        contexts={"edge": {"cluster": "c9", "user": "u9"}, "lab": {"cluster": "c1", "user": "u1"}},
        clusters={"c1": {"server": "https://one", "certificate-authority": "ca.crt"}},
        users={"u1": {"token": "second", "client-key": "x"}},
    )
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "ca.crt").write_text("a CA")
    paths = [put(tmp_path / "a", first), tmp_path / "none", put(tmp_path / "b", second)]
    variable = os.pathsep.join(str(each) for each in paths)
    done = kubectl(variable, "config", "view", "--raw", "--minify", "--flatten", "--context", "edge", "-o", "json")
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    ours = context_of(kubeconfig_files(variable, tmp_path), "edge")
    [cluster], [user] = theirs["clusters"], theirs["users"]
    assert (cluster["name"], user["name"]) == (ours.cluster.name, ours.user.name) == ("c1", "u1")
    assert user["user"] == ours.user.content == {"token": "first"}
    assert cluster["cluster"]["server"] == ours.cluster.content["server"]
    authority = ours.cluster.path(ours.cluster.content["certificate-authority"])
    assert cluster["cluster"]["certificate-authority-data"] == encoded(authority.read_bytes())


@pytest.mark.parametrize(
    "broken",
    [
        {"exec": an_exec("./not-there")},
        {"exec": an_exec("./plugin", interactiveMode="Always")},
        {"client-certificate": "not-there", "client-key": "not-there"},
        {"tokenFile": "not-there"},
    ],
)
def test_what_kubectl_cannot_use_we_cannot_either(kube: KubeService, tmp_path: Path, broken: dict[str, Any]) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))
    a_plugin(tmp_path, credential(token="t"))
    path = put(tmp_path, of_service(kube, **broken))
    assert kubectl(str(path), "get", "--raw", "/api", "--context", "edge").returncode != 0
    with pytest.raises(GatewayError):
        opened(path, {"PATH": PATH})
