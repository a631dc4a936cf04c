"""curl 8, as far as vaults are asked with it. [M]"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from json import dumps

from emulator.core.http import Answer, Call
from emulator.programs.curl_options import NotUnderstood, Options, parsed
from emulator.programs.outcome import Outcome
from emulator.programs.resolver import host_of
from emulator.programs.view import View, literal

_RESOLVING_SECONDS = 10.0
"""[SRC] So long the C library waits for servers that are silent."""
_PORTS = {"https": 443, "http": 80}
_STRANGER = """
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above."""


@dataclass
class _Transfer:
    """What is known at its end; `code` is curl's own."""

    options: Options
    code: int = 0
    error: str = ""
    address: str = ""
    waits: int = 0
    answer: Answer | None = None
    body: bytes = b""
    variables: dict[str, str] = field(default_factory=dict)


def curl(view: View, arguments: list[str]) -> Outcome:
    """One GET or HEAD, or what `-X` says. [M] rc 6 no such name, 7 refused, 28 no answer in time, 35 TLS broken off,
    52 nothing said, 60 another certificate."""
    try:
        options = parsed(arguments)
    except NotUnderstood as error:
        return Outcome(2, "", str(error))
    transfer = _Transfer(options)
    if options.target.scheme not in _PORTS:
        transfer.code, transfer.error = 1, f'Protocol "{options.target.scheme}" not supported or disabled in libcurl'
    else:
        _connect(view, transfer)
    return _ended(view, transfer)


def _port(options: Options) -> int:
    return options.target.port or _PORTS[options.target.scheme]


def _connect(view: View, transfer: _Transfer) -> None:
    options = transfer.options
    host, port = options.target.hostname or "", _port(options)
    addresses = options.pinned.get((host, port)) or _resolved(view, transfer, host)
    for address in addresses:
        if not literal(address):
            transfer.code, transfer.error = 49, f"Couldn't parse CURLOPT_RESOLVE entry '{host}:{port}:{address}'"
            return
        outcome = view.reach(address, port)
        if outcome == "connected":
            transfer.code, transfer.error, transfer.address = 0, "", address
            _speak(view, transfer, host)
            return
        _not_reached(transfer, host, port, outcome)


def _resolved(view: View, transfer: _Transfer, host: str) -> tuple[str, ...]:
    found = host_of(view, host)
    transfer.waits += found.waits
    limits = [limit for name in ("max-time", "connect-timeout") if (limit := transfer.options.seconds(name))]
    limit = min(limits, default=_RESOLVING_SECONDS)
    if not found.addresses and found.waits and limit < _RESOLVING_SECONDS:
        transfer.code, transfer.error = 28, f"Resolving timed out after {limit * 1000:.0f} milliseconds"
    elif not found.addresses:
        transfer.code, transfer.error = 6, f"Could not resolve host: {host}"
    return found.addresses


def _not_reached(transfer: _Transfer, host: str, port: int, outcome: str) -> None:
    options = transfer.options
    if outcome == "refused":
        transfer.code = 7
        transfer.error = f"Failed to connect to {host} port {port} after 1 ms: Couldn't connect to server"
        return
    transfer.code, transfer.waits = 28, transfer.waits + 1
    whole, connecting = options.seconds("max-time"), options.seconds("connect-timeout")
    if whole and (not connecting or whole <= connecting):
        transfer.error = f"Connection timed out after {whole * 1000 + 1:.0f} milliseconds"
    else:
        after = connecting * 1000 + 1 if connecting else 135_000
        transfer.error = f"Failed to connect to {host} port {port} after {after:.0f} ms: Timeout was reached"


def _speak(view: View, transfer: _Transfer, host: str) -> None:
    """TLS, then the request; [OWN] without TLS nobody says anything."""
    options, peer = transfer.options, view.peer(transfer.address)
    if options.target.scheme == "http":
        transfer.code, transfer.error = 52, "Empty reply from server"
    elif peer == "silent":
        transfer.code = 35
        transfer.error = f"OpenSSL SSL_connect: Connection reset by peer in connection to {host}:{_port(options)}"
    elif "insecure" not in options.flags and (peer == "stranger" or not view.certified(host, peer)):
        transfer.code = 60
        transfer.error = f"SSL: no alternative certificate subject name matches target host name '{host}'{_STRANGER}"
    elif peer == "stranger":
        transfer.code, transfer.error = 52, "Empty reply from server"
    else:
        _request(view, transfer, host)


def _request(view: View, transfer: _Transfer, host: str) -> None:
    options, target = transfer.options, transfer.options.target
    method = options.values.get("request") or ("HEAD" if "head" in options.flags else "GET")
    query = dict(part.partition("=")[::2] for part in target.query.split("&") if part)
    asked = {name.lower(): value for name, value in query.items()}
    call = Call(view.world, "GET" if method == "HEAD" else method, host, target.path or "/", asked, options.headers)
    call.body = options.values.get("data", "").encode()
    answer = transfer.answer = view.ask(transfer.address, call)
    said = b"" if answer.body is None else answer.body
    transfer.body = said if isinstance(said, bytes) else dumps(said, separators=(",", ":")).encode()
    answer.headers.setdefault("Content-Length", str(len(transfer.body)))
    answer.headers.setdefault("Date", format_datetime(view.world.clock.now(), usegmt=True))
    if "fail" in options.flags and answer.status >= 400:
        transfer.code, transfer.error = 22, f"The requested URL returned error: {answer.status}"
        transfer.body = b""
    if method == "HEAD":
        transfer.body = b""


def _ended(view: View, transfer: _Transfer) -> Outcome:
    options, files = transfer.options, dict[str, str]()
    head, body = _head(transfer.answer), transfer.body.decode("latin-1")
    stdout = ""
    if (where := options.values.get("dump-header")) and head:
        stdout = _put(files, where, head)
    if {"include", "head"} & options.flags:
        body = head + body
    if transfer.answer is not None:
        stdout += _put(files, options.values.get("output", "-"), body)
    stdout += _written(transfer)
    stderr = f"curl: ({transfer.code}) {transfer.error}\n" if transfer.code and options.tells else ""
    return Outcome(transfer.code, stdout, stderr, transfer.waits, files)


def _put(files: dict[str, str], where: str, text: str) -> str:
    """Into a file, or what goes to stdout."""
    if where == "-":
        return text
    files[where] = text
    return ""


def _head(answer: Answer | None) -> str:
    if answer is None:
        return ""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    return "".join(
        f"{line}\r\n" for line in (*lines, *(f"{name}: {text}" for name, text in answer.headers.items()), "")
    )


_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "%%": "%"}


def _written(transfer: _Transfer) -> str:
    """`-w`: an unknown variable is left out."""
    status = f"{transfer.answer.status if transfer.answer else 0:03d}"
    options, headers = transfer.options, transfer.answer.headers if transfer.answer else {}
    values = {
        "http_code": status,
        "response_code": status,
        "remote_ip": transfer.address,
        "remote_port": str(_port(options)) if transfer.address else "0",
        "ssl_verify_result": "0",
        "exitcode": str(transfer.code),
        "errormsg": transfer.error.partition("\n")[0],
        "url_effective": options.url,
        "url": options.url,
        "size_download": str(len(transfer.body)),
        "num_connects": "1" if transfer.address else "0",
    } | {f"header{{{name.lower()}}}": text for name, text in headers.items()}

    def value(match: re.Match[str]) -> str:
        found = match[0]
        if found in _ESCAPES:
            return _ESCAPES[found]
        return values.get((match[1] or match[2] or "").lower(), "")

    pattern = r"%\{([^}]*)\}|%(header\{[^}]*\})|%%|\\[ntr]"
    return re.sub(pattern, value, options.values.get("write-out", ""))
