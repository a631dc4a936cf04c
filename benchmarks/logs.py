"""`diagnose --logs` on 10 MB of noise around a handful of causes, against others in the same run.

The others: the naive way, each of the classifier's own patterns on each line; and `grep -E` with the same patterns,
which is written in C and finds lines, not causes. Each reads the same file, in turn, so that a machine whose speed
drifts does so for all; processor time is what is compared, the clock is shown beside it. `make bench-logs` runs this.
"""

from __future__ import annotations

import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from azext_akskv.model.provider import answers, rules
from azext_akskv.model.provider.match import Rule
from azext_akskv.model.provider.reading import read_texts

SIZE = 10_000_000
ROUNDS = 5
MOST_SECONDS = 2.0
NOISE = (
    'I1122 09:14:0{0}.713202       1 nodeserver.go:366] "Using gRPC client" provider="azure" pod="api-{1}"\n',
    'I1122 09:14:0{0}.913202       1 nodeserver.go:268] "node publish volume complete" '
    'targetPath="/var/lib/kubelet/pods/3a4b5c6d/volumes/kubernetes.io~csi/kv/mount" pod="team-b/api-{1}"\n',
    "E1122 09:14:0{0}.713202       1 reflector.go:{1}] k8s.io/client-go: Failed to watch *v1.Pod: failed to list: "
    'Get "https://10.0.0.1:443/api/v1/pods": dial tcp 10.0.0.1:443: connect: connection refused\n',
    "W1122 09:14:0{0}.713202       1 warnings.go:70] Use tokens from the TokenRequest API or made by hand {1}\n",
    "2026-11-22T09:14:0{0}.1Z INFO some.other.Service [{1}] handled a request in 3 ms with status 200\n",
)
VAULT = "https://kv-shop.vault.azure.net/secrets/db-pass/"
ASKED = "failed to get objectType:secret, objectName:db-pass, objectVersion:: "
HEAD = 'E1122 09:14:05.713202       1 server.go:60] "failed to process mount request" err='
CAUSES = {
    "forbidden_rbac": f'{HEAD}<\n\t{ASKED}GET {VAULT}\n\tRESPONSE 403: 403 Forbidden\n\t{{\n\t  "innererror": {{\n'
    '\t    "code": "ForbiddenByRbac"\n\t  }\n\t}\n >\n',
    "dns_nxdomain": f'{HEAD}"{ASKED}Get \\"{VAULT}\\": dial tcp: lookup kv-shop.vault.azure.net: no such host"\n',
    "aad_subject_mismatch": f"{HEAD}<\n\t{ASKED}ClientAssertionCredential authentication failed.\n"
    "\tAADSTS700213: No matching federated identity record found for presented assertion subject 'x'.\n >\n",
    "spc_objects_missing": f'{HEAD}"objects is not set"\n',
    "provider_unreachable": "E1122 09:14:05.713202       1 nodeserver.go:241] "
    '"failed to mount secrets store object content" err="provider not found: provider \\"azure\\"" pod="a/b"\n',
}


def every_rule() -> list[Rule]:
    tables = (answers.POD_IDENTITY, answers.INNER_CODES, answers.MESSAGES, rules.CONFIGURED, rules.CONNECTION)
    return [each for table in (*tables, rules.FRAME, rules.METRICS, rules.NO_CAUSE) for each in table]


def text() -> str:
    """Noise of the wanted size with each cause once, at places that are the same in each run."""
    chance = random.Random(7)
    lines: list[str] = []
    size = 0
    while size < SIZE:
        lines.append(chance.choice(NOISE).format(chance.randrange(10), chance.randrange(1000)))
        size += len(lines[-1])
    for cause in CAUSES.values():
        lines.insert(chance.randrange(len(lines)), cause)
    return "".join(lines)


def ours(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        reading = read_texts(file, path.name)
    found = {each.cause.slug for each in reading.diagnoses}
    if found != set(CAUSES):
        sys.exit(f"found {sorted(found)}, expected {sorted(CAUSES)}")


def naive(path: Path) -> None:
    patterns = [each.pattern for each in every_rule()]
    with path.open(encoding="utf-8") as file:
        found = sum(any(pattern.search(line) for pattern in patterns) for line in file)
    if not found:
        sys.exit("the naive way found nothing")


def grep(path: Path) -> None:
    """What is none of grep's (look-arounds, anchors of Python, digits by letter) is left out, which only helps it."""
    written = [each.pattern.pattern for each in every_rule()]
    usable = [each.replace("(?:", "(") for each in written if not re.search(r"\(\?[^:]|\\[AZdB]|[}*+]\?", each)]
    command = ["grep", "-cE", "|".join(f"({pattern})" for pattern in usable), str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(work: Callable[[Path], None], path: Path) -> tuple[float, float]:
    """Seconds of processor time, of children too, and seconds on the clock."""
    before, start = used(), time.perf_counter()
    work(path)
    return used() - before, time.perf_counter() - start


def used() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))


def main() -> None:
    contenders: dict[str, Callable[[Path], None]] = {
        "akskv": ours,
        "each pattern on each line": naive,
        "grep -E, lines only": grep,
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "ten.log")
        path.write_text(text(), encoding="utf-8")
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, work in contenders.items():
                took[name].append(measured(work, path))
    print(f"{SIZE:,} bytes of log with {len(CAUSES)} causes, {len(every_rule())} rules, medians of {ROUNDS}")
    own = statistics.median(cpu for cpu, _ in took["akskv"])
    for name, times in took.items():
        cpu, clock = (statistics.median(row[column] for row in times) for column in (0, 1))
        print(f"  {name:27} {cpu:7.2f} s of processor  {clock:7.2f} s on the clock  {cpu / own:6.2f} times as long")
    if own > MOST_SECONDS:
        sys.exit(f"slower than it may be: {own:.2f} s, limit {MOST_SECONDS} s")


if __name__ == "__main__":
    main()
