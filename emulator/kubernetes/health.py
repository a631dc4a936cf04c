"""`/livez`, `/readyz` and `/healthz`: one line for each check, as kube-apiserver writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from emulator.core.http import Answer

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_ALWAYS = ("ping", "log", "etcd", "poststarthook/start-informers", "poststarthook/rbac/bootstrap-roles")


def checks(server: ApiServer, endpoint: str) -> dict[str, bool]:
    """Each check of `livez`, `readyz` or `healthz`, and whether it is well.

    [SRC] KMS v2 plugins share one check, v1 plugins have one each; every slot is asked, the previous one too.
    """
    found = dict.fromkeys(_ALWAYS, True)
    well = [plugin.health() is None for plugin in server.plugins]
    if well and server.kms_version == 2:
        found["kms-providers"] = all(well)
    elif well:
        found |= {f"kms-provider-{number}": one for number, one in enumerate(well)}
    if endpoint == "readyz":
        found |= {"etcd-readiness": True, "informer-sync": server.synced, "shutdown": True}
    return found


def answer(server: ApiServer, path: str, query: Mapping[str, str]) -> Answer:
    """All checks or one of them; what is wrong is not told, only where."""
    endpoint, _, name = path.strip("/").partition("/")
    found = checks(server, endpoint)
    if name:
        if name not in found:
            return _text(404, "404 page not found\n")
        return _text(200, "ok") if found[name] else _text(500, "internal server error: " + _line(name, False) + "\n")
    found = {check: well for check, well in found.items() if check != query.get("exclude")}
    lines = [_line(check, well) for check, well in found.items()]
    if not all(found.values()):
        return _text(500, "\n".join([*lines, f"{endpoint} check failed\n"]))
    return _text(200, "\n".join([*lines, f"{endpoint} check passed\n"]) if "verbose" in query else "ok")


def _line(check: str, well: bool) -> str:
    return f"[+]{check} ok" if well else f"[-]{check} failed: reason withheld"


def _text(status: int, text: str) -> Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Answer(status, text.encode(), headers)
