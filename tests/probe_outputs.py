"""What programs of a node print about a vault, with their tabs and exit codes: bind, busybox 1.36 and 1.28, glibc,
netcat-openbsd, ncat 7.95, curl 7.88 and 8.5. The lines that say something are measured [M], but those about routes and
those of older programs; these, and the lines around, are as their sources print them [3P]."""

from __future__ import annotations

from dataclasses import dataclass

HOST = "kv1.vault.azure.net"
PRIVATE = "kv1.privatelink.vaultcore.azure.net"
REGION = "data-prod-weu.vaultcore.azure.net"
ADDRESS = "10.1.0.4"
INFO = "conn_type=Ipv4;addr=10.224.0.5;act_addr_fam=InterNetwork;"


@dataclass(frozen=True)
class Said:
    """A program's exit code and what it printed on both streams."""

    code: int
    text: str


def lines(*each: str) -> str:
    return "".join(f"{line}\n" for line in each)


BIND_SERVER = ("Server:\t\t168.63.129.16", "Address:\t168.63.129.16#53", "")
BUSYBOX_SERVER = ("Server:\t\t168.63.129.16", "Address:\t168.63.129.16:53", "")
NO_AAAA = f"** server can't find {PRIVATE}: SERVFAIL"
NO_SERVER = (";; communications error to 10.0.0.4#53: timed out",) * 2 + (";; no servers could be reached", "")
BUSYBOX_CNAME = f"{HOST}\tcanonical name = {PRIVATE}"
DIG_HEAD = (
    ";; Got answer:",
    ";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 4711",
    ";; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1",
    "",
    ";; OPT PSEUDOSECTION:",
    "; EDNS: version: 0, flags:; udp: 1224",
)


def dig(status: str, *records: str) -> str:
    return lines(*(line.format(status=status) for line in DIG_HEAD), ";; ANSWER SECTION:", *records, "")


NSLOOKUP_GOOD = lines(
    *BIND_SERVER,
    "Non-authoritative answer:",
    f"{HOST}\tcanonical name = {PRIVATE}.",
    f"Name:\t{PRIVATE}",
    f"Address: {ADDRESS}",
    "",
)
DIG_CNAME = f"{HOST}.\t\t60\tIN\tCNAME\t{PRIVATE}."
DIG_GOOD = dig("NOERROR", DIG_CNAME, f"{PRIVATE}.\t10\tIN\tA\t{ADDRESS}")
NAMES: dict[str, tuple[str, Said]] = {
    "bind": ("nslookup", Said(0, NSLOOKUP_GOOD)),
    "bind, no AAAA": ("nslookup", Said(1, NSLOOKUP_GOOD + lines(NO_AAAA, ""))),
    "busybox": (
        "nslookup",
        Said(
            0,
            lines(
                *BUSYBOX_SERVER,
                "Non-authoritative answer:",
                BUSYBOX_CNAME,
                f"Name:\t{PRIVATE}",
                f"Address: {ADDRESS}",
                "",
                "Non-authoritative answer:",
                BUSYBOX_CNAME,
                "",
            ),
        ),
    ),
    "busybox 1.28": (
        "nslookup",
        Said(
            0,
            lines(
                "Server:    10.0.0.10",
                "Address 1: 10.0.0.10 kube-dns.kube-system.svc.cluster.local",
                "",
                f"Name:      {HOST}",
                f"Address 1: {ADDRESS} {PRIVATE}",
            ),
        ),
    ),
    "dig": ("dig", Said(0, DIG_GOOD)),
    "host": ("host", Said(0, lines(f"{HOST} is an alias for {PRIVATE}.", f"{PRIVATE} has address {ADDRESS}"))),
}
"""A good answer, by who prints it."""

NO_NAMES: dict[str, tuple[str, Said, str]] = {
    "bind, no name": (
        "nslookup",
        Said(1, lines(*BIND_SERVER, f"** server can't find {HOST}: NXDOMAIN", "")),
        "nxdomain",
    ),
    "bind, broken": (
        "nslookup",
        Said(1, lines(*BIND_SERVER, f"** server can't find {HOST}: SERVFAIL", "")),
        "servfail",
    ),
    "bind, refused": (
        "nslookup",
        Said(1, lines(*BIND_SERVER, f"** server can't find {HOST}: REFUSED", "")),
        "refused",
    ),
    "bind, silent": ("nslookup", Said(1, lines(*NO_SERVER)), "timeout"),
    "busybox, no name": (
        "nslookup",
        Said(1, lines(*BUSYBOX_SERVER, *(f"** server can't find {HOST}: NXDOMAIN", "") * 2)),
        "nxdomain",
    ),
    "busybox, silent": ("nslookup", Said(1, ";; connection timed out; no servers could be reached\n\n"), "timeout"),
    "busybox 1.28, no name": (
        "nslookup",
        Said(
            1,
            lines(
                "Server:    10.0.0.10",
                "Address 1: 10.0.0.10 kube-dns.kube-system.svc.cluster.local",
                "",
                f"nslookup: can't resolve '{HOST}'",
            ),
        ),
        "unresolved",
    ),
    "dig, no name": ("dig", Said(0, dig("NXDOMAIN", DIG_CNAME)), "nxdomain"),
    "dig, broken": ("dig", Said(0, dig("SERVFAIL")), "servfail"),
    "dig, refused": ("dig", Said(0, dig("REFUSED")), "refused"),
    "bind, no record": (
        "nslookup",
        Said(0, lines(*BIND_SERVER, f"*** Can't find {HOST}: No answer", "")),
        "nodata",
    ),
    "bind, ended": ("nslookup", Said(124, ""), "timeout"),
    "dig, no record": ("dig", Said(0, dig("NOERROR", DIG_CNAME)), "nodata"),
    "dig, one silent": ("dig", Said(0, NO_SERVER[0] + "\n" + dig("NXDOMAIN")), "nxdomain"),
    "dig, server away": (
        "dig",
        Said(9, lines(";; communications error to 10.0.0.4#53: connection refused", *NO_SERVER[2:])),
        "timeout",
    ),
    "dig, silent": ("dig", Said(9, lines(*NO_SERVER)), "timeout"),
    "host, no record": ("host", Said(0, f"{HOST} is an alias for {PRIVATE}.\n"), "nodata"),
    "host, no name": ("host", Said(1, f"Host {HOST} not found: 3(NXDOMAIN)\n"), "nxdomain"),
    "host, broken": ("host", Said(1, f"Host {HOST} not found: 2(SERVFAIL)\n"), "servfail"),
    "host, refused": ("host", Said(1, f"Host {HOST} not found: 5(REFUSED)\n"), "refused"),
    "host, silent": ("host", Said(1, ";; connection timed out; no servers could be reached\n"), "timeout"),
}
"""And what it means, as ProbeReport.resolution says it."""

GETENT = Said(0, lines(f"{ADDRESS}        STREAM {PRIVATE}", f"{ADDRESS}        DGRAM  ", f"{ADDRESS}        RAW    "))
NOT_FOUND = Said(2, "")

CONNECTED: dict[str, tuple[Said, str]] = {
    "openbsd": (Said(0, f"Connection to {HOST} ({ADDRESS}) 443 port [tcp/https] succeeded!\n"), "open"),
    "openbsd, older": (Said(0, f"Connection to {HOST} 443 port [tcp/https] succeeded!\n"), "open"),
    "openbsd, refused": (Said(1, f"nc: connect to {HOST} port 443 (tcp) failed: Connection refused\n"), "refused"),
    "openbsd, silent": (
        Said(1, f"nc: connect to {HOST} port 443 (tcp) timed out: Operation now in progress\n"),
        "timeout",
    ),
    "openbsd, no name": (Said(1, f'nc: getaddrinfo for host "{HOST}" port 443: Name or service not known\n'), ""),
    "ncat": (
        Said(
            0,
            lines(
                "Ncat: Version 7.95 ( https://nmap.org/ncat )",
                f"Ncat: Connected to {ADDRESS}:443.",
                "Ncat: 0 bytes sent, 0 bytes received in 0.01 seconds.",
            ),
        ),
        "open",
    ),
    "ncat, refused": (
        Said(1, lines("Ncat: Version 7.95 ( https://nmap.org/ncat )", "Ncat: Connection refused.")),
        "refused",
    ),
    "ncat, silent": (Said(1, lines("Ncat: Version 7.95 ( https://nmap.org/ncat )", "Ncat: TIMEOUT.")), "timeout"),
    "ncat, no name": (
        Said(2, f'Ncat: Could not resolve hostname "{HOST}": Name or service not known. QUITTING.\n'),
        "",
    ),
    "busybox": (Said(0, ""), "open"),
    "busybox, refused": (
        Said(1, f"nc: can't connect to remote host ({ADDRESS}): Connection refused\n"),
        "refused",
    ),
    "busybox, silent": (Said(1, "nc: timed out\n"), "timeout"),
    "busybox, no name": (Said(1, f"nc: bad address '{HOST}'\n"), ""),
    "stopped by timeout": (Said(124, ""), ""),  # it may have been connected
    "stopped by timeout, silent": (
        Said(124, f"nc: connect to {HOST} port 443 (tcp) timed out: Operation now in progress\n" * 2),
        "timeout",
    ),
    "openbsd, no route": (
        Said(1, f"nc: connect to {HOST} port 443 (tcp) failed: No route to host\n"),
        "unreachable",
    ),
    "openbsd, with IPv6": (
        Said(
            1,
            lines(
                f"nc: connect to {HOST} (2603:1030::53) port 443 (tcp) failed: Network is unreachable",
                f"nc: connect to {HOST} ({ADDRESS}) port 443 (tcp) timed out: Operation now in progress",
            ),
        ),
        "timeout",
    ),
    "ncat, no network": (
        Said(1, lines("Ncat: Version 7.95 ( https://nmap.org/ncat )", "Ncat: Network is unreachable.")),
        "unreachable",
    ),
    "busybox, no route": (
        Said(1, f"nc: can't connect to remote host ({ADDRESS}): No route to host\n"),
        "unreachable",
    ),
    "openbsd, reset": (
        Said(1, f"nc: connect to {HOST} port 443 (tcp) failed: Connection reset by peer\n"),
        "refused",
    ),
}
"""nc, and what it means, as ProbeReport.connection says it."""

BUSYBOX_NC = lines(
    "nc: invalid option -- 'v'",
    "BusyBox v1.36.1 (2024-06-10 07:11:47 UTC) multi-call binary.",
    "",
    "Usage: nc [OPTIONS] HOST PORT  - connect",
    "nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen",
)
"""To -v, with exit code 1."""


def answer(status: int) -> str:
    return lines(
        f"HTTP/2 {status} \r",
        "cache-control: no-cache\r",
        "content-type: application/json; charset=utf-8\r",
        f"x-ms-keyvault-network-info: {INFO}\r",
        "x-ms-keyvault-region: westeurope\r",
        "\r",
        "",
        f"{status} {ADDRESS} 0",
    )


def failed(code: int, words: str, address: str = "", verified: int = 0) -> Said:
    return Said(code, lines(f"curl: ({code}) {words}", "", f"000 {address} {verified}"))


ASKED: dict[str, tuple[Said, tuple[int | None, str, str, str]]] = {
    "good": (Said(0, answer(200)), (200, INFO, "good", "open")),
    "forbidden": (Said(0, answer(403)), (403, INFO, "good", "open")),
    "no name": (failed(6, f"Could not resolve host: {HOST}"), (None, "", "", "")),
    "refused": (
        failed(7, f"Failed to connect to {HOST} port 443 after 2 ms: Couldn't connect to server"),
        (None, "", "", "refused"),
    ),
    "silent": (failed(28, "Connection timed out after 5001 milliseconds"), (None, "", "", "timeout")),
    "silent, newer": (
        failed(28, f"Failed to connect to {HOST} port 443 after 5001 ms: Timeout was reached"),
        (None, "", "", "timeout"),
    ),
    "no name in time": (failed(28, "Resolving timed out after 5000 milliseconds"), (None, "", "", "")),
    "refused, older": (
        failed(7, f"Failed to connect to {HOST} port 443 after 3 ms: Connection refused"),
        (None, "", "", "refused"),
    ),
    "no route": (
        failed(7, f"Failed to connect to {HOST} port 443 after 3061 ms: No route to host"),
        (None, "", "", "unreachable"),
    ),
    "swallowed": (failed(28, "SSL connection timeout", ADDRESS, 1), (None, "", "silent", "open")),
    "swallowed, of few words": (
        failed(28, "Connection timed out after 5001 milliseconds", ADDRESS, 1),
        (None, "", "silent", "open"),
    ),
    "no answer": (
        failed(28, "Operation timed out after 10001 milliseconds with 0 bytes received", ADDRESS),
        (None, "", "good", "open"),
    ),
    "empty": (failed(52, "Empty reply from server", ADDRESS), (None, "", "good", "open")),
    "cut": (failed(56, "Recv failure: Connection reset by peer", ADDRESS), (None, "", "good", "open")),
    "no certificates to trust": (
        failed(77, "error setting certificate file: /etc/ssl/certs/ca-certificates.crt", ADDRESS, 1),
        (None, "", "", "open"),
    ),
    "cannot run": (
        Said(127, "curl: error while loading shared libraries: libcurl.so.4: cannot open shared object file\n"),
        (None, "", "", ""),
    ),
    "ended": (Said(124, ""), (None, "", "", "")),
    "no TLS": (
        failed(35, "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number", ADDRESS, 1),
        (None, "", "broken", "open"),
    ),
    "nobody trusted": (
        failed(60, "SSL certificate problem: self-signed certificate", ADDRESS, 18),
        (None, "", "bad", "open"),
    ),
    "reset": (
        failed(35, f"OpenSSL SSL_connect: Connection reset by peer in connection to {HOST}:443 ", ADDRESS),
        (None, "", "broken", "open"),
    ),
    "certificate": (
        failed(60, f"SSL: no alternative certificate subject name matches target host name '{HOST}'", ADDRESS, 20),
        (None, "", "bad", "open"),
    ),
    "certificate, older": (
        failed(51, f"SSL: certificate subject name does not match '{HOST}'", ADDRESS),
        (None, "", "bad", "open"),
    ),
}
"""curl, and what it means: the status, the header, the certificate, the connection where there is no nc."""
