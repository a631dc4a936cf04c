"""Fills ports.Manifests by commands in a pod of the cluster.

What a command prints stays in ARM for a while: of each object it is only what is compared. A command takes some ten
seconds to begin, so each looks at everything that was asked for so far, and that answers the next two looks: for the
checks and for the plan, or behind a write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.resources import files

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected
from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.kube import understanding
from azext_akskv.gateways.kube_inside import Run, failure, nothing_came
from azext_akskv.gateways.kube_mounts_inside import found_in
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.inside_report import Parts, items_of, parts_of
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Manifest, Ref
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen, Standing, standing_of
from azext_akskv.model.mounts.secret_class import ObjectList, written_objects
from azext_akskv.model.observed import Observed
from azext_akskv.model.pod_report import Gap, Report, name, parse_report, right_of
from azext_akskv.model.run_command import FAILED

LOOK = "look at the objects of the mount from inside"
ANSWERS = 2
"""So many looks are answered by one command."""


class InvokedManifests:
    """`run` is RunCommand.run, `read` reads the cluster anew."""

    def __init__(self, run: Run, read: Callable[[], Cluster]) -> None:
        self._run = run
        self._read = read
        self._known: dict[Ref, None] = {}
        self._seen: ManifestsSeen | None = None
        self._left: dict[Ref, int] = {}

    def look(self, refs: Sequence[Ref]) -> ManifestsSeen:
        self._known |= dict.fromkeys(refs)
        if not all(self._left.get(each) for each in refs):
            self._asked(LOOK, "look", refs[0].namespace, "")
        for each in refs:
            self._left[each] -= 1
        assert self._seen, "a command that raised nothing"
        return self._seen

    def create(self, manifest: Manifest) -> None:
        ref = manifest.ref
        self._known[ref] = None
        self._write(f"make the {ref} from inside", "create", ref, manifest.body)

    def change(self, ref: Ref, patch: Json) -> None:
        self._known[ref] = None
        self._write(f"change the {ref} from inside", "change", ref, patch)

    def _write(self, doing: str, mode: str, ref: Ref, body: Json) -> None:
        words = f"write {ref.kind.resource} {ref.name}\nbody {json.dumps(body)}\n"
        report = self._asked(doing, mode, ref.namespace, words)
        if report.first("written") is None:
            raise failure(doing, report.gap("write") or Gap("write", "Unknown"))

    def _asked(self, doing: str, mode: str, namespace: str, more: str) -> Report:
        """A whole report, by which everything that is known of was looked at, too."""
        refs = [each for each in self._known if each.namespace == namespace]
        with understanding(doing):  # each is a word of the order
            items = "".join(f"item {each.kind.resource} {name(each.name)}\n" for each in refs)
            order = f"mode {mode}\nnamespace {name(namespace)}\n{items}{more}"
        self._left = {}
        ended = self._run(self._read(), doing, script(), order)
        try:
            report = parse_report(ended.logs)
        except BadInput:
            raise nothing_came(doing, ended) from None
        if report.mode != mode:
            raise Rejected(doing, FAILED, f"the command's output is another command's: {report.mode}")
        if report.ended != "done":
            raise (
                failure(doing, report.gap("") or Gap("", "Unknown"))
                if report.ended == "failed"
                else nothing_came(doing, ended)
            )
        with understanding(doing):
            self._seen = seen_in(report, refs)
        self._left = dict.fromkeys(refs, ANSWERS)
        return report


def script() -> str:
    """What other looks understand of kubectl's errors and print of objects, and our own part."""
    folder = files("azext_akskv.gateways")
    parts = ("inside/1_ask.sh", "mounts/1_parts.sh", "mounts/2_templates.sh", "manifests/3_answer.sh")
    return "\n".join((folder / each).read_text() for each in parts)


def seen_in(report: Report, refs: Sequence[Ref]) -> ManifestsSeen:
    """Raises BadInput, and GatewayError where the API server did not answer."""
    parts = parts_of(report)
    phase: Observed[str | None] = of_part(parts, "namespace", "the namespace", report.first("namespace"))
    known = of_part(parts, "kind", "the kind SecretProviderClass", report.first("kind"))
    rights: dict[KubeRight, Observed[bool]] = {}
    for rest in report.all("may"):
        right, answer = right_of(rest)
        rights[right] = Observed(answer)
    return ManifestsSeen(
        phase,
        Observed(known.value is not None) if known.known else Observed.unknown(known.gap or ""),
        {each: standing_in(parts, each) for each in refs},
        rights,
    )


def of_part(parts: Parts, part: str, what: str, told: str | None) -> Observed[str | None]:
    """What was told, None where it is not there. Raises GatewayError as above."""
    gap = parts.get(part)
    if not isinstance(gap, Gap):
        return Observed(told)
    return Observed(None, refused(what, failure(f"look at {what}", gap)))


def standing_in(parts: Parts, ref: Ref) -> Observed[Standing | None]:
    found = found_in(parts, f"item/{ref.kind.resource}/{ref.name}", f"look at the {ref}")
    if isinstance(found, GatewayError):
        gap = refused(f"the {ref}", found)
        return Observed(None, gap)
    items = items_of(found)
    if len(items) != 1:
        raise BadInput(f"the script's report has {len(items)} objects for the {ref}")
    raw = items[0]
    objects = read_objects(written_objects(raw)) if ref.kind is Kind.CLASS else ObjectList()
    return Observed(standing_of(ref, raw, objects))


def refused(what: str, error: GatewayError) -> str | None:
    """Why it may not be seen; None: it is not there. Raises the error where it says something else."""
    if isinstance(error, Missing):
        return None
    if isinstance(error, Denied):
        return f"not allowed to look at {what}: {error.message or error.code}"
    raise error
