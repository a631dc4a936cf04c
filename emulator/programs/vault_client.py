"""What a program on a machine of a cluster gets when it asks a vault, or Entra, for something: an answer, or the error
of the network as Go's libraries put it. [SRC] Which the Key Vault provider is written with."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Literal

from emulator.core.http import Answer, Call
from emulator.entra.metadata import LOGIN, VAULT_SUFFIX
from emulator.programs.view import Lookup, View

API_VERSION = "7.4"
"""[SRC] What the provider asks vaults with."""
Trouble = Literal["dns", "timeout", "refused", "tls"]
_RULE = "-" * 80
_EPHEMERAL = 50000


class NoReply(Exception):
    """Nobody answered: `trouble` says in which step, `text` is what Go prints behind `Get "<url>": `."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble, self.text = trouble, text


def ask_vault(view: View, vault: str, path: str, token: str = "") -> Answer:
    """The vault's answer to a GET of `/secrets/db-pass/`; without a token that is its challenge, a 401.

    Raises NoReply.
    """
    host = f"{vault.lower()}.{VAULT_SUFFIX}"
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return _ask(view, Call(view.world, "GET", host, path, {"api-version": API_VERSION}, headers))


def challenged_tenant(answer: Answer) -> str:
    """The tenant that a challenge names, which is the vault's; empty when it is none."""
    found = re.search(r'authorization="[^"]*/([^/"]+)"', answer.headers.get("WWW-Authenticate", ""))
    return found[1] if found else ""


def reach_entra(view: View, tenant: str) -> None:
    """Whether Entra can be asked for a token: the way to its host, not the token. Raises NoReply."""
    host = LOGIN.removeprefix("https://")
    _ask(view, Call(view.world, "GET", host, f"/{tenant}/v2.0/.well-known/openid-configuration", {}, {}))


def _ask(view: View, call: Call) -> Answer:
    address = _address(view, call.host)
    reached = view.reach(address)
    if reached != "connected":
        said = "i/o timeout" if reached == "timeout" else "connect: connection refused"
        raise NoReply("timeout" if reached == "timeout" else "refused", f"dial tcp {address}:443: {said}")
    peer = view.peer(address)
    if peer in ("silent", "stranger") or not view.certified(call.host, peer):
        text = "tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match "
        raise NoReply("tls", text + call.host)
    return view.ask(address, call)


def _address(view: View, host: str) -> str:
    """Raises NoReply."""
    found = view.look_up(host)
    if found.outcome == "answer" and found.addresses:
        return found.addresses[0]
    raise NoReply("dns", f"dial tcp: lookup {host} on {_asked(found, view)}:53: {_dns_trouble(found, view)}")


def _asked(found: Lookup, view: View) -> str:
    """The server that answered, or the last one that did not."""
    return found.server or (found.silent[-1] if found.silent else view.servers[-1])


def _dns_trouble(found: Lookup, view: View) -> str:
    if found.outcome == "timeout":
        return f"read udp {view.source}:{_EPHEMERAL}->{_asked(found, view)}:53: i/o timeout"
    return "server misbehaving" if found.outcome == "servfail" else "no such host"


def azcore_text(request: str, status: int, body: object, code: str = "") -> str:
    """How azcore 1.8 and later prints a refusal: `request` is `GET <url>`, `code` the error code of the body. [SRC]"""
    named = f"ERROR CODE: {code}" if code else "ERROR CODE UNAVAILABLE"
    told = json.dumps(body, indent=2)
    phrase = HTTPStatus(status).phrase
    lines = [request, _RULE, f"RESPONSE {status}: {status} {phrase}", named, _RULE, told, _RULE]
    return "\n".join([*lines, ""])
