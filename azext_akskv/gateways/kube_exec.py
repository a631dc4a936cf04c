"""Credentials that a program of the user's gets: a plugin of the kubeconfig, run as kubectl runs it. [D: Kubernetes,
client-go credential plugins]

What it prints is a credential: it is parsed and nothing of it is told, not even in an error; what it complains of goes
nowhere, because that may hold one too. Who wants to see it runs kubectl.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from azext_akskv.failures import Denied
from azext_akskv.gateways.kube_context import Context, Entry, unusable
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import Json, child, children, flag, text, texts, whole

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
INFO = "KUBERNETES_EXEC_INFO"
MOST_BYTES = 1 << 20
SECONDS = 60.0
"""A plugin that asks its service takes a few. [OWN]"""


@dataclass(frozen=True)
class Given:
    """What a plugin has given: a token, a client certificate with its key (PEM), or both."""

    token: str = field(repr=False, default="")
    certificate: str = field(repr=False, default="")
    key: str = field(repr=False, default="")


def credential_of(context: Context, environment: Mapping[str, str], seconds: float = SECONDS) -> Given:
    """Runs the plugin of the context's user, without a terminal. `environment` is our own, which it gets, with what the
    kubeconfig adds.

    Raises Denied where it fails, lacks, or prints no credential; Rejected where the kubeconfig is not right.
    """
    user = context.user
    try:
        plugin = child(user.content, "exec")
        words = [_program(user, plugin, environment), *texts(plugin, "args")]
        added = {text(each, "name"): text(each, "value") for each in children(plugin, "env")}
        version, info = _version(plugin), _info(context, plugin)
    except BadInput as error:
        raise unusable(f"the plugin of the user {in_short(user.name, 60)}: {error}") from None
    printed = _run(words, {**environment, **added, INFO: info}, seconds)
    given = _given(printed, version)  # outside of any error that would hold what was printed
    if given is None:
        raise _denied(words[0], f"printed no ExecCredential of {version} with a credential in it")
    return given


def _version(plugin: Json) -> str:
    """Raises BadInput."""
    version = text(plugin, "apiVersion")
    if version not in VERSIONS:
        raise BadInput(f"apiVersion is {in_short(version, 60)}; expected {' or '.join(VERSIONS)}")
    if text(plugin, "interactiveMode") == "Always":
        raise BadInput("interactiveMode is Always, and there is no terminal for it here; use a context without")
    return version


def _program(user: Entry, plugin: Json, environment: Mapping[str, str]) -> str:
    """As a path: a name alone is looked for where programs are, a relative path beside the kubeconfig."""
    command = text(plugin, "command")
    if not command:
        raise BadInput("it has no command")
    if os.path.dirname(command):
        path = str(user.folder / command)
        found = path if os.path.isfile(path) and os.access(path, os.X_OK) else None
    else:
        found = shutil.which(command, path=environment.get("PATH"))
    if found is None:
        hint = " ".join(text(plugin, "installHint").split())[:300]
        raise _denied(command, f"is not there, or is no program{f': {hint}' if hint else ''}")
    return found


def _info(context: Context, plugin: Json) -> str:
    """What the plugin is told: that nobody is there to answer it and, where it asks for that, of the cluster."""
    spec: Json = {"interactive": False}
    if flag(plugin, "provideClusterInfo"):
        cluster = context.cluster.content
        known = ("server", "tls-server-name", "certificate-authority-data", "proxy-url")
        told = {name: cluster[name] for name in known if cluster.get(name)}
        path = text(cluster, "certificate-authority")
        if path and "certificate-authority-data" not in told:
            told["certificate-authority-data"] = _encoded_file(context.cluster, path)
        extensions = {text(each, "name"): each.get("extension") for each in children(cluster, "extensions")}
        if (config := extensions.get(f"{GROUP}/exec")) is not None:
            told["config"] = config
        spec["cluster"] = told
    return json.dumps({"apiVersion": text(plugin, "apiVersion"), "kind": "ExecCredential", "spec": spec})


def _encoded_file(entry: Entry, path: str) -> str:
    import base64

    try:
        return base64.b64encode(entry.path(path).read_bytes()).decode()
    except OSError as error:
        raise unusable(f"{entry.path(path)} cannot be read: {error.strerror}") from None


def _run(words: list[str], environment: Mapping[str, str], seconds: float) -> bytes:
    """Raises Denied."""
    nothing, printed = subprocess.DEVNULL, None
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # it is ended below, with its children
            words,
            env=dict(environment),
            stdin=nothing,
            stdout=subprocess.PIPE,
            stderr=nothing,
            start_new_session=True,
        )
    except OSError as error:
        raise _denied(words[0], f"cannot be run: {error.strerror}") from None
    try:
        with suppress(subprocess.TimeoutExpired):  # it holds what was printed so far
            printed, _ = process.communicate(timeout=seconds)
    finally:
        _end(process)
    if printed is None:
        raise _denied(words[0], f"has not ended after {seconds:g} s")
    if process.returncode != 0:
        raise _denied(words[0], f"ended with {process.returncode}")
    return printed


def _end(process: subprocess.Popen[bytes]) -> None:
    """With what it has started itself, where it has not ended; also when we are interrupted."""
    if process.poll() is None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _given(printed: bytes, version: str) -> Given | None:
    """None for anything that is not what it should be."""
    try:
        document: Any = json.loads(printed) if len(printed) <= MOST_BYTES else None
        if whole(document).get("kind") != "ExecCredential" or text(document, "apiVersion") != version:
            return None
        status = child(document, "status")
        names = ("token", "clientCertificateData", "clientKeyData")
        given = Given(*(text(status, name) for name in names))
    except (ValueError, RecursionError):  # BadInput is one
        return None
    whole_pair = bool(given.certificate) == bool(given.key)
    return given if whole_pair and (given.token or given.certificate) else None


def _denied(program: str, why: str) -> Denied:
    name = os.path.basename(program)
    told = f"the program {in_short(name, 60)}, which the kubeconfig names for getting a credential, {why}"
    return Denied("log in to the API server", "NoCredential", f"{told}; what it says can be seen with kubectl")
