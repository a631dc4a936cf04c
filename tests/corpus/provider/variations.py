"""What happens to a text on its way to whoever reads it. Each function makes one thing happen and no other."""

from __future__ import annotations

import json
import random
import textwrap
from collections.abc import Callable

Vary = Callable[[str], str]

NOISE = (
    'I1122 09:14:04.100000       1 nodeserver.go:366] "Using gRPC client" provider="azure" pod="other-0"',
    "E1122 09:14:04.200000       1 reflector.go:148] k8s.io/client-go: Failed to watch *v1.Pod: unknown (get pods)",
    'I1122 09:14:04.300000       1 nodeserver.go:268] "node publish volume complete" pod="other/other-0"',
    "W1122 09:14:04.400000       1 warnings.go:70] Use tokens from the TokenRequest API or manually created tokens",
)


def is_entry(text: str) -> bool:
    """An entry of a log, which has a form of its own that a frame would break."""
    return text[:1] in "EIWF" and text[1:5].isdigit()


def one_line(text: str) -> bool:
    return "\n" not in text


def wrapped(text: str) -> str:
    """At a terminal's edge: words are broken."""
    return "\n".join(line[at : at + 100] for line in text.split("\n") for at in range(0, max(len(line), 1), 100))


def filled(text: str) -> str:
    """As mail programs break lines: between words, with a margin."""
    lines = [
        textwrap.fill(line, 110, break_long_words=False, break_on_hyphens=False, subsequent_indent="    ")
        for line in text.split("\n")
    ]
    return "\n".join(lines)


def coloured(text: str) -> str:
    """As some programs paint log lines."""
    return "\n".join(f"\x1b[31m{line}\x1b[0m" for line in text.split("\n"))


def windows(text: str) -> str:
    """Line ends of Windows."""
    return text.replace("\n", "\r\n")


def prefixed(text: str) -> str:
    """kubectl logs --prefix --timestamps."""
    return "\n".join(
        f"[pod/aks-secrets-store-provider-azure-x7k2p/provider] 2026-11-22T09:14:05.713202341Z {line}"
        for line in text.split("\n")
    )


def among_noise(text: str) -> str:
    """With a healthy log before and after it."""
    return "\n".join((*NOISE, text, *NOISE)) + "\n"


def as_event(text: str) -> str:
    """The message of an event in `kubectl get events -o json`."""
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "type": "Warning",
        "reason": "FailedMount",
        "message": text,
        "involvedObject": {"kind": "Pod", "namespace": "team-a", "name": "api-0"},
        "source": {"component": "kubelet", "host": "aks-np1-12345678-vmss000000"},
        "count": 3,
        "firstTimestamp": "2026-11-22T09:00:00Z",
        "lastTimestamp": "2026-11-22T09:14:05Z",
    }
    return json.dumps({"apiVersion": "v1", "items": [event], "kind": "List"}, indent=4)


def as_row(text: str) -> str:
    """A row of `kubectl describe pod`, whose events follow on each other."""
    before = "Events:\n  Normal   Scheduled    5m   default-scheduler  x\n"
    return f"{before}  Warning  FailedMount  7s (x3 over 2m)  kubelet  {text}"


def combined(text: str) -> str:
    """As client-go puts events together that differ in a time or an id."""
    return f"(combined from similar events): {text}"


def quoted(text: str) -> str:
    """An error in a log entry of klog before 2.40, which puts several lines into one."""
    return f'E1122 09:14:05.713202       1 server.go:58] "failed to process mount request" err={json.dumps(text)}'


def quoted_again(text: str) -> str:
    """The same in another program's JSON."""
    return json.dumps({"log": quoted(text) + "\n", "stream": "stderr"})


def block(text: str) -> str:
    """The same from klog 2.40 on."""
    lines = "".join(f"\t{line}\n" for line in text.split("\n"))
    return f'E1122 09:14:05.713202       1 server.go:60] "failed to process mount request" err=<\n{lines} >'


def in_json(text: str) -> str:
    """The provider's own JSON."""
    return json.dumps({"ts": 1795338845713.2, "caller": "server/server.go:60", "msg": "failed", "err": text})


def in_a_metric(text: str) -> str:
    """The provider puts the error into a label."""
    return f'keyvault_request_count{{error={json.dumps(text)},object_type="secret",os_type="linux"}} 4'


def mangled(text: str) -> str:
    """Printf took the text for a format, twice."""
    return text.replace("%3A", "%!!(MISSING)A(MISSING)").replace("%2F", "%!!(MISSING)F(MISSING)")


def translated(text: str) -> str:
    """What machine translation does to lines: blanks before colons, other quotation marks."""
    spaced = text.replace(": ", "\u00a0: ")
    parts = spaced.split('"')
    marks = ("\u00ab\u00a0", "\u00a0\u00bb")
    return parts[0] + "".join(f"{marks[number % 2]}{part}" for number, part in enumerate(parts[1:]))


def scattered(text: str, seed: int = 7) -> str:
    """Noise of a log around each of several repetitions."""
    chance = random.Random(seed)
    lines: list[str] = []
    for _ in range(5):
        lines += chance.choices(NOISE, k=chance.randrange(1, 9))
        lines.append(text)
    return "\n".join((*lines, *NOISE)) + "\n"


ANY: dict[str, Vary] = {"among noise": among_noise, "windows": windows, "coloured": coloured, "scattered": scattered}
"""Of every text."""
ENTRIES: dict[str, Vary] = {"prefixed": prefixed}
MESSAGES: dict[str, Vary] = {
    "as event": as_event,
    "as row": as_row,
    "combined": combined,
    "quoted": quoted,
    "quoted again": quoted_again,
    "block": block,
    "in json": in_json,
    "in a metric": in_a_metric,
}
"""Of what stands in an event or in an error."""
LINES: dict[str, Vary] = {"wrapped": wrapped, "filled": filled, "mangled": mangled}
EVENTS: dict[str, Vary] = {"translated": translated}
