"""The container of a pod as a process of this machine: which programs it has, its environment, its arguments."""

from __future__ import annotations

import base64
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from emulator.core.inside import Container, Start, Ways

Object = dict[str, Any]
_PLAIN = (
    *("[", "awk", "base64", "basename", "bash", "cat", "chmod", "cp", "cut", "date", "dirname", "echo", "env", "expr"),
    *("false", "find", "grep", "head", "hostname", "id", "ls", "mkdir", "mktemp", "mv", "od", "printf", "pwd", "rm"),
    *("sed", "seq", "sh", "sleep", "sort", "stat", "tail", "tee", "test", "timeout", "touch", "tr", "true", "uname"),
    *("uniq", "wc", "which", "xargs"),
)
"""What every container and node has, as far as this machine has it: nothing that looks at this machine's network."""
_RESOLV_CONF = "/etc/resolv.conf"
_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
_DEFAULT_MEMORY = 1 << 30
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_BELOW_LIMIT = 64 << 20
"""[OWN] Python in place of each small program needs more than the program would."""
_CHROOT = """#!/bin/sh
cannot="chroot: cannot change root directory to '$1'"
if [ "$1" != {root} ]; then echo "$cannot: No such file or directory" >&2; exit 125; fi
if ! {allowed}; then echo "$cannot: Operation not permitted" >&2; exit 125; fi
shift
if ! command -v -- "$1" >/dev/null; then
  echo "chroot: failed to run command '$1': No such file or directory" >&2; exit 127
fi
EMULATED_ON_NODE=1 exec "$@"
"""


SecretData = Callable[[str], Mapping[str, str] | None]


@dataclass(frozen=True)
class Surroundings:
    """What a container gets of where it runs: `client` is the script in place of each of `tools`, `secret` the one that
    it asks with; `resolv_confs` are the texts of resolv.conf in the container and on the node; `fields` are those of
    the pod that its environment may name; `mounts` are the files of its volumes, by volume."""

    client: Path
    secret: str
    tools: tuple[str, ...]
    resolv_confs: tuple[str, str]
    fields: Mapping[str, str]
    mounts: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


class PodContainer(Container):
    """The first container of a pod."""

    shown = 10 << 20
    """[D] The kubelet keeps so much of a log."""

    def __init__(self, pod: Object, surroundings: Surroundings, secrets: SecretData) -> None:
        """`secrets` gives the data of a Secret of the pod's namespace, in base64; None when there is none."""
        self._pod, self._around, self._secrets = pod, surroundings, secrets
        self._spec: Object = pod["spec"]["containers"][0]
        limit = ((self._spec.get("resources") or {}).get("limits") or {}).get("memory")
        self.memory = max(_bytes(str(limit)), _BELOW_LIMIT) if limit else _DEFAULT_MEMORY

    def laid_out(self, folder: Path, ways: Ways) -> Start:
        programs = folder / "bin"
        programs.mkdir()
        for name, path in _plain_programs():
            (programs / name).symlink_to(path)
        for tool in self._around.tools:
            self._write_tool(programs / tool, tool)
        _write_program(programs / "chroot", _CHROOT.format(root=shlex.quote(self._root), allowed=self._may_chroot))
        (folder / "resolv.conf").write_text(self._around.resolv_confs[0])
        (folder / "node-resolv.conf").write_text(self._around.resolv_confs[1])
        self._mount(folder)
        work = folder / "work"
        work.mkdir()
        own = {
            "PATH": str(programs),
            "HOME": str(work),
            "HOSTNAME": self._around.fields["metadata.name"],
            "EMULATED_NODE": f"{ways.questions_url}/{self._around.secret}",
        }
        given = self._given()
        return Start([self._here(folder, one) for one in self._arguments(given)], {**given, **own}, work)

    def _mount(self, folder: Path) -> None:
        for place in self._mounted(folder).values():
            place.mkdir(parents=True)
        for one in self._spec.get("volumeMounts") or []:
            for name, content in self._around.mounts.get(one["name"], {}).items():
                path = folder / "mounts" / one["name"] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def _mounted(self, folder: Path) -> dict[str, Path]:
        """Where what is mounted at a path is instead. [OWN] Who names the path is given the other."""
        mounts = self._spec.get("volumeMounts") or []
        known = (one for one in mounts if one["name"] in self._around.mounts)
        return {str(one["mountPath"]).rstrip("/"): folder / "mounts" / one["name"] for one in known}

    @property
    def _root(self) -> str:
        """Where the node's file system is mounted; without that there is no node to change to."""
        volumes = self._pod["spec"].get("volumes") or []
        whole = {one["name"] for one in volumes if (one.get("hostPath") or {}).get("path") == "/"}
        mounts = self._spec.get("volumeMounts") or []
        return next((str(one["mountPath"]).rstrip("/") for one in mounts if one["name"] in whole), "")

    @property
    def _may_chroot(self) -> str:
        """[D] As root, and with a capability that every container has unless it drops it."""
        context = {**(self._pod["spec"].get("securityContext") or {}), **(self._spec.get("securityContext") or {})}
        capabilities = context.get("capabilities") or {}
        dropped, added = set(capabilities.get("drop") or ()), set(capabilities.get("add") or ())
        kept = "SYS_CHROOT" in added or not dropped & {"ALL", "SYS_CHROOT"}
        return "true" if context.get("privileged") or (kept and not context.get("runAsUser")) else "false"

    def _write_tool(self, path: Path, tool: str) -> None:
        python, client = shlex.quote(sys.executable), shlex.quote(str(self._around.client))
        _write_program(path, f'#!/bin/sh\nexec {python} -I -S {client} {tool} "$@"\n')

    def _given(self) -> dict[str, str]:
        """Raises ValueError for a value from somewhere that nothing is known of here."""
        given: dict[str, str] = {}
        for one in self._spec.get("env") or []:
            if (one.get("valueFrom") or {}).get("secretKeyRef"):
                given.update(self._of_secret(one["name"], one["valueFrom"]["secretKeyRef"]))
            elif "valueFrom" in one:
                path = str(((one["valueFrom"] or {}).get("fieldRef") or {}).get("fieldPath"))
                if path not in self._around.fields:
                    raise ValueError(f"the value of {one['name']} is from what is not emulated")
                given[one["name"]] = self._around.fields[path]
            else:
                given[one["name"]] = _expanded(str(one.get("value") or ""), given)
        return given

    def _of_secret(self, variable: str, reference: Object) -> dict[str, str]:
        """[SRC] Raises ValueError in the kubelet's words."""
        name, key = str(reference.get("name")), str(reference.get("key"))
        data = self._secrets(name)
        if data is not None and key in data:
            return {variable: base64.b64decode(data[key]).decode(errors="replace")}
        if reference.get("optional"):
            return {}
        if data is None:
            raise ValueError(f'secret "{name}" not found')
        raise ValueError(f"couldn't find key {key} in Secret {self._around.fields['metadata.namespace']}/{name}")

    def _arguments(self, given: Mapping[str, str]) -> list[str]:
        """[OWN] An image's own command is not known: without one the container runs until it is ended."""
        words = [*(self._spec.get("command") or ()), *(self._spec.get("args") or ())]
        return [_expanded(str(word), given) for word in words] if self._spec.get("command") else ["sleep", "infinity"]

    def _here(self, folder: Path, word: str) -> str:
        """resolv.conf cannot be put where it belongs: whoever names it is given another name. [OWN]"""
        inside = self._arguments({})[0].rpartition("/")[2] != "chroot"
        own = folder / ("resolv.conf" if inside else "node-resolv.conf")
        if self._root:
            word = word.replace(self._root + _RESOLV_CONF, str(folder / "node-resolv.conf"))
        for path, place in self._mounted(folder).items():
            word = word.replace(path, str(place))
        return word.replace(_RESOLV_CONF, str(own))


def _expanded(text: str, given: Mapping[str, str]) -> str:
    """[SRC] `$(NAME)` is the value of a variable that is known, and stays as it is otherwise; `$$` is one `$`."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else given.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def _bytes(quantity: str) -> int:
    """`64Mi` -> 67108864; what is no quantity is the default."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(|k|M|G|Ki|Mi|Gi)", quantity)
    return int(float(match[1]) * _UNITS[match[2]]) if match else _DEFAULT_MEMORY


@cache
def _plain_programs() -> list[tuple[str, str]]:
    found = [(name, shutil.which(name, path="/usr/bin:/bin:/usr/local/bin")) for name in _PLAIN]
    return [(name, path) for name, path in found if path]


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
