"""How a record begins: the first line of a log entry, the row of an event, the sample of a metric."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from azext_akskv.model.provider.moment import Moment, of_klog
from azext_akskv.model.provider.noise import is_noise
from azext_akskv.model.provider.record import Kind

# `[pod/NAME/CONTAINER]` of kubectl logs --prefix, the time of --timestamps, a container runtime's own columns.
_PREFIX = re.compile(
    r"(?:\[[\w./-]{1,200}\] ?|\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) ?(?:std(?:out|err) [FP] )?)+"
)
# Machine translation puts blanks before colons; klog itself pads the process's number.
_KLOG = re.compile(
    r"(?P<severity>[IWEF])(?P<day>\d{4}) (?P<clock>\d\d ?:\d\d ?:\d\d)(?:\.\d{1,6})?\s+\d+ "
    r"(?P<file>[\w./-]+?\.go) ?:\d+\] ?(?P<rest>.*)",
    re.DOTALL,
)
_LOGRUS = re.compile(r'time="(?P<time>[^"]{10,40})" level=(?P<level>\w+) msg=(?P<rest>.*)', re.DOTALL)
_POD = re.compile(r'\bpod="([a-z0-9][a-z0-9-]{0,62})/([a-z0-9][a-z0-9.-]{0,252})"')
_TIMES = re.compile(r"\(x(\d{1,7})(?: over [^)]{1,20})?\)")
_ROW = re.compile(
    r"\s*(?:(?!(?:\d+[smhdy])+\s)(?P<namespace>[a-z0-9][a-z0-9-]{0,62})\s+)?"
    r"(?:(?P<age>\S+(?: \(x[^)]*\))?)\s+)?(?P<type>Warning|Normal)\s+"
    r"(?P<reason>[A-Z]\w+)\s+(?:pod/(?P<pod>[a-z0-9][\w.-]{0,252})\s+)?"
)
_METRIC = re.compile(r"(?P<name>[a-z_:][\w:]{3,120})\{(?P<labels>.*)\}\s+(?P<value>[0-9.e+]+)(?:\s+\d+)?\s*$")
_SCRAPED = ("keyvault_request", "grpc_request", "node_publish_error", "rotation_reconcile_error")
_REASONS = (
    "FailedMount",
    "FailedToCreateSecret",
    "MountRotationFailed",
    "SecretRotationFailed",
    "FailedAttachVolume",
)
"""Of events that tell of a failure of ours, or may."""
_MESSAGES = ("MountVolume.", "Unable to attach or mount volumes", "Error: secret ", "provider mount err")


@dataclass(frozen=True)
class Head:
    """`rest` is what of the line belongs to the record's text."""

    kind: Kind
    rest: str
    grave: bool = False
    file: str = ""
    reason: str = ""
    count: int = 1
    at: Moment | None = None
    known: dict[str, str] = field(default_factory=dict)
    message: bool = False
    """Of an event: what it says, and not only its columns, is there."""
    boring: bool = False
    """It begins a record that nobody needs: it only ends the one before."""
    noise: bool = False
    """It is an error that means nothing."""


def without_prefix(line: str) -> str:
    """What the container wrote, without what kubectl or the runtime put before it."""
    found = _PREFIX.match(line) if line[:1] in "[0123456789" else None
    return line[found.end() :] if found else line


def head_of(line: str) -> Head | None:
    """None for a line that begins nothing: it goes on with the record before it, or is of no interest."""
    if ".go" in line and (found := _KLOG.search(line, 0, 400_000)) and found.start() < 200:
        return _of_log(found)
    if "level=" in line and (found := _LOGRUS.search(line)):
        grave, noise = found["level"] in ("error", "fatal", "panic"), is_noise(found["rest"])
        return Head(Kind.LOG, found["rest"], grave, boring=noise or not grave, noise=grave and noise)
    if "{" in line and line.startswith(_SCRAPED + tuple(f"total_{name}" for name in _SCRAPED)):
        return _of_metric(line)
    return _of_event(line)


def _of_log(found: re.Match[str]) -> Head:
    severity, rest, file = found["severity"], found["rest"], found["file"].rpartition("/")[2]
    at = of_klog(found["day"], found["clock"].replace(" ", ""))
    if "node publish volume complete" in rest:
        pod = _POD.search(rest)
        return Head(Kind.MOUNTED, "", at=at, known={"namespace": pod[1], "pod": pod[2]} if pod else {})
    grave = severity in "EF"
    noise = grave and (is_noise(rest) or is_noise(file))
    boring = noise or not (grave or any(word in rest for word in (*_MESSAGES, *_REASONS)))
    return Head(Kind.LOG, rest, grave, file, at=at, boring=boring, noise=noise)


def _of_metric(line: str) -> Head | None:
    found = _METRIC.match(line)
    if not found:
        return None
    counts = not found["name"].endswith(("_bucket", "_sum", "_created"))
    try:
        value = int(float(found["value"]))
    except (ValueError, OverflowError):
        value = 0
    return Head(Kind.METRIC, line, count=value, boring=not (counts and value))


def _of_event(line: str) -> Head | None:
    row = _ROW.match(line)
    told = any(word in line for word in _MESSAGES) or any(reason in line for reason in _REASONS)
    if not told:
        return Head(Kind.EVENT, "", boring=True) if row else None
    if row and row["type"] == "Normal":
        return Head(Kind.EVENT, "", boring=True)
    times = _TIMES.search(line)
    known = {name: row[name] or "" for name in ("namespace", "pod")} if row else {}
    reason = row["reason"] if row else next((each for each in _REASONS if each in line), "")
    count = int(times[1]) if times else 1
    message = any(word in line for word in _MESSAGES)
    return Head(Kind.EVENT, line, bool(row) or message, reason=reason, count=count, known=known, message=message)
