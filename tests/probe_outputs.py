"""What programs of a node print about a vault, with their tabs and exit codes: bind, busybox 1.36 and 1.28, glibc,
netcat-openbsd, ncat 7.95 and curl 8.5. The lines that say something are measured [M]; those around them are as their
sources print them [3P]."""

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
        "servfail",
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
        "",
    ),
    "dig, no name": ("dig", Said(0, dig("NXDOMAIN", DIG_CNAME)), "nxdomain"),
    "dig, broken": ("dig", Said(0, dig("SERVFAIL")), "servfail"),
    "dig, refused": ("dig", Said(0, dig("REFUSED")), "servfail"),
    "dig, no record": ("dig", Said(0, dig("NOERROR", DIG_CNAME)), ""),
    "dig, silent": ("dig", Said(9, lines(*NO_SERVER)), "timeout"),
    "host, no name": ("host", Said(1, f"Host {HOST} not found: 3(NXDOMAIN)\n"), "nxdomain"),
    "host, broken": ("host", Said(1, f"Host {HOST} not found: 2(SERVFAIL)\n"), "servfail"),
    "host, refused": ("host", Said(1, f"Host {HOST} not found: 5(REFUSED)\n"), "servfail"),
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
    "stopped by timeout": (Said(124, ""), "timeout"),
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
