"""Plugins of a kubeconfig: run as kubectl runs them, and nothing of what they print is told."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.failures import Denied, Rejected
from azext_akskv.gateways.kube_server import ApiServer, Request
from tests.unit.gateways.conftest import Reply
from tests.unit.gateways.kube.kube_service import KubeService, encoded
from tests.unit.gateways.kube.kubeconfigs import a_plugin, an_exec, credential, of_service, opened, put

READ = Request("read something", "GET", "/api")


@pytest.fixture(autouse=True)
def api_of(kube: KubeService) -> None:
    kube.answers("GET", "/api", Reply(200, {"kind": "APIVersions"}))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_plugin_gives_a_token(kube: KubeService, tmp_path: Path, version: str) -> None:
    plugin = a_plugin(tmp_path, credential(version, token="s3cr3t-of-plugin"))
    ApiServer(opened(put(tmp_path, of_service(kube, exec=an_exec(str(plugin), version))))).ask(READ)
    assert kube.requests[0].headers["authorization"] == "Bearer s3cr3t-of-plugin"


def test_a_plugin_gives_a_certificate(kube: KubeService, tmp_path: Path) -> None:
    client = kube.authority.client
    pem = {"clientCertificateData": client.cert_chain_pems[0], "clientKeyData": client.private_key_pem}
    plugin = a_plugin(tmp_path, credential(**{name: each.bytes().decode() for name, each in pem.items()}))
    ApiServer(opened(put(tmp_path, of_service(kube, exec=an_exec(str(plugin)))))).ask(READ)
    assert kube.certified == [True]


def told_to(kube: KubeService, folder: Path, **more: Any) -> dict[str, Any]:
    """What a plugin with these members in its entry found in its environment and its arguments."""
    program = "json.dump([info, sys.argv[1:], dict(os.environ), sys.stdin.read()], open('seen', 'w'))\n"
    a_plugin(folder, f"os.chdir({str(folder)!r})\n{program}{credential(token='t')}")
    opened(put(folder, of_service(kube, exec=an_exec("./plugin", **more))), {"MINE": "1"})
    found: list[Any] = json.loads((folder / "seen").read_text())
    return dict(zip(("info", "arguments", "environment", "stdin"), found, strict=True))


def test_a_plugin_is_told_that_nobody_is_there_and_finds_its_environment(kube: KubeService, tmp_path: Path) -> None:
    seen = told_to(kube, tmp_path, args=["get-token", "-v"], env=[{"name": "MODE", "value": "cli"}])
    api = "client.authentication.k8s.io/v1"
    assert seen["info"] == {"apiVersion": api, "kind": "ExecCredential", "spec": {"interactive": False}}
    assert seen["arguments"] == ["get-token", "-v"] and seen["stdin"] == ""
    assert (seen["environment"]["MINE"], seen["environment"]["MODE"]) == ("1", "cli")
    assert "HOME" not in seen["environment"], "our own environment comes from who calls"


def test_a_plugin_that_asks_for_it_is_told_of_the_cluster(kube: KubeService, tmp_path: Path) -> None:
    cluster = told_to(kube, tmp_path, provideClusterInfo=True)["info"]["spec"]["cluster"]
    assert cluster == {"server": kube.url, "certificate-authority-data": encoded(kube.authority.pem)}


def test_a_name_alone_is_looked_for_where_programs_are(kube: KubeService, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    a_plugin(tmp_path / "bin", credential(token="t"), "getter")
    path = put(tmp_path, of_service(kube, exec=an_exec("getter")))
    assert opened(path, {"PATH": str(tmp_path / "bin")}).token == "t"
    with pytest.raises(Denied, match=r"'getter'.*is not there"):
        opened(path, {"PATH": str(tmp_path)})


def test_a_token_that_stands_there_needs_no_plugin(kube: KubeService, tmp_path: Path) -> None:
    assert opened(put(tmp_path, of_service(kube, token="own", exec=an_exec("./not-there")))).token == "own"


def test_a_plugin_that_lacks_is_named_with_its_hint(kube: KubeService, tmp_path: Path) -> None:
    lacking = an_exec("./not-there", installHint="Install it\nwith apt.")
    with pytest.raises(Denied, match=r"'not-there'.* is not there, or is no program: Install it with apt"):
        opened(put(tmp_path, of_service(kube, exec=lacking)))


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("print('s3cr3t'); print('s3cr3t', file=sys.stderr); sys.exit(3)", "ended with 3"),
        ("print('s3cr3t')", "printed no ExecCredential"),
        ("print('[\"s3cr3t\"]')", "printed no ExecCredential"),
        (credential("v1beta1", token="s3cr3t"), "printed no ExecCredential"),
        (credential(), "printed no ExecCredential"),
        (credential(clientKeyData="s3cr3t"), "printed no ExecCredential"),
        (credential(token="s3cr3t") + "print('x' * 2000000)", "printed no ExecCredential"),
    ],
)
def test_a_plugin_that_fails_is_said_without_what_it_printed(
    kube: KubeService, tmp_path: Path, caplog: pytest.LogCaptureFixture, program: str, told: str
) -> None:
    caplog.set_level(logging.DEBUG)
    path = put(tmp_path, of_service(kube, exec=an_exec(str(a_plugin(tmp_path, program)))))
    with pytest.raises(Denied, match=told) as caught:
        opened(path)
    shown, error = str(caught.value) + caplog.text, caught.value
    assert "s3cr3t" not in shown and error.__cause__ is None and error.__context__ is None


def test_a_plugin_that_does_not_end_is_ended_with_what_it_started(kube: KubeService, tmp_path: Path) -> None:
    program = "import subprocess\nprint('s3cr3t', flush=True)\nsubprocess.run(['sleep', '60'])\n"
    path = put(tmp_path, of_service(kube, exec=an_exec(str(a_plugin(tmp_path, program)))))
    began = time.monotonic()
    with pytest.raises(Denied, match=r"has not ended after 1\.5 s"):
        opened(path, {"PATH": "/usr/bin:/bin"}, seconds=1.5)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"interactiveMode": "Always"}, "no terminal"),
        ({"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "apiVersion is .*v1alpha1"),
        ({"command": ""}, "no command"),
        ({"args": "text"}, "'args': expected a list"),
    ],
)
def test_an_entry_that_is_not_right_is_said(kube: KubeService, tmp_path: Path, more: dict[str, Any], told: str) -> None:
    plugin = {**an_exec(str(a_plugin(tmp_path, credential(token="t")))), **more}
    with pytest.raises(Rejected, match=told):
        opened(put(tmp_path, of_service(kube, exec=plugin)))
