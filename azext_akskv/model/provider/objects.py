"""Records in JSON: logs of provider and driver, and what `kubectl get ... -o json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from azext_akskv.model.provider.moment import Moment, of_iso, of_milliseconds
from azext_akskv.model.provider.noise import is_noise
from azext_akskv.model.provider.record import Kind, Record

Tree = Mapping[str, Any]
_MOUNTED = "node publish volume complete"
_NO_SECRET = "FailedToCreateSecret"
_REASONS = ("FailedMount", _NO_SECRET, "MountRotationFailed", "SecretRotationFailed", "Failed")


def parsed(text: str) -> Tree | None:
    """The document when it is one of those that are read here; None for anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list):
        document = {"items": document}
    if not isinstance(document, dict):
        return None
    is_log = ("msg" in document or "message" in document) and {"ts", "caller", "level", "timestamp"} & set(document)
    return document if is_log or "items" in document or "kind" in document or "log" in document else None


def unwrapped(document: Tree) -> str | None:
    """The line that a container runtime put into JSON."""
    line = document.get("log")
    return line.rstrip("\r\n") if isinstance(line, str) else None


def records_of(document: Tree, line: int) -> Iterator[Record]:
    """Of a list each item; what tells of nothing gives no record."""
    items = document.get("items")
    if isinstance(items, list):
        for item in items:
            if isinstance(item, dict):
                yield from records_of(item, line)
        return
    kind = document.get("kind")
    if kind == "Event":
        yield from _of_event(document, line)
    elif kind == "Pod":
        yield from _of_pod(document, line)
    elif kind == "SecretProviderClassPodStatus":
        yield from _of_status(document, line)
    elif kind is None:
        yield from _of_log(document, line)


def _of_log(document: Tree, line: int) -> Iterator[Record]:
    """The provider has ts, caller, msg, err [source]; the driver timestamp, level, message, error [inferred]."""
    message = _text(document, "msg") or _text(document, "message")
    error = _text(document, "err") or _text(document, "error")
    at = _time(document)
    if _MOUNTED in message:
        namespace, _, pod = _text(document, "pod").rpartition("/")
        yield Record(Kind.MOUNTED, ("",), line, first=at, last=at, known={"namespace": namespace, "pod": pod})
    elif is_noise(message) or is_noise(_text(document, "caller")):
        return
    elif error or _text(document, "level").lower() in ("error", "fatal", "panic", "e"):
        file = _text(document, "caller").rpartition("/")[2].partition(":")[0]
        beside = {name: _text(document, name) for name in ("pod", "spc", "secret")}
        text = f'"{message}" err={error}' if error else message
        known = {name: value for name, value in beside.items() if value}
        yield Record(Kind.LOG, (text,), line, grave=True, file=file, first=at, last=at, known=known)


def _of_event(document: Tree, line: int) -> Iterator[Record]:
    """Of the core API and of events.k8s.io, which has other names for the same."""
    reason = _text(document, "reason")
    message = _text(document, "message") or _text(document, "note")
    if reason not in _REASONS or _text(document, "type") == "Normal":
        return
    about = _branch(document, "involvedObject") or _branch(document, "regarding")
    source = _branch(document, "source") or _branch(document, "deprecatedSource")
    series = _branch(document, "series")
    count = series.get("count") or document.get("count") or document.get("deprecatedCount") or 1
    last = _text(series, "lastObservedTime") or _text(document, "lastTimestamp") or _text(document, "eventTime")
    first = _text(document, "firstTimestamp") or _text(document, "eventTime") or last
    known = {"namespace": _text(about, "namespace"), "node": _text(source, "host")}
    if _text(about, "kind") == "Pod":
        known["pod"] = _text(about, "name")
    if reason == _NO_SECRET and reason not in message:  # `timed out waiting for the condition` alone tells nothing
        message = f"{reason}: {message}"
    yield Record(
        Kind.EVENT,
        (message,),
        line,
        grave=reason != "Failed",
        reason=reason,
        count=count if isinstance(count, int) else 1,
        first=of_iso(first),
        last=of_iso(last or _text(document, "deprecatedLastTimestamp")),
        known=known,
    )


def _of_pod(document: Tree, line: int) -> Iterator[Record]:
    """What its containers wait for."""
    metadata, spec, status = (_branch(document, each) for each in ("metadata", "spec", "status"))
    known = {"pod": _text(metadata, "name"), "namespace": _text(metadata, "namespace"), "node": _text(spec, "nodeName")}
    for container in status.get("containerStatuses") or ():
        waiting = _branch(_branch(container, "state"), "waiting") if isinstance(container, dict) else {}
        if _text(waiting, "reason") == "CreateContainerConfigError":
            text = f"Error: {_text(waiting, 'message')}"
            yield Record(Kind.EVENT, (text,), line, reason="Failed", known=known)


def _of_status(document: Tree, line: int) -> Iterator[Record]:
    """It is written after a mount that went well, and never tells of an error. [source]"""
    metadata, status = _branch(document, "metadata"), _branch(document, "status")
    if status.get("mounted") is True:
        at = of_iso(_text(metadata, "creationTimestamp"))
        known = {"pod": _text(status, "podName"), "namespace": _text(metadata, "namespace")}
        yield Record(Kind.MOUNTED, ("",), line, first=at, last=at, known=known)


def _time(document: Tree) -> Moment | None:
    number = document.get("ts")
    if isinstance(number, (int, float)):
        return of_milliseconds(number)
    return of_iso(_text(document, "timestamp") or _text(document, "ts") or _text(document, "time"))


def _text(tree: Tree, name: str) -> str:
    value = tree.get(name)
    return value if isinstance(value, str) else ""


def _branch(tree: Tree, name: str) -> Tree:
    value = tree.get(name)
    return value if isinstance(value, dict) else {}
