"""The story of a command as lines for a person: findings, preview, steps, and the last word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from azext_akskv.engine.result import Result, StepRecord, Trouble
from azext_akskv.engine.runner import INTERRUPTED
from azext_akskv.engine.step import Plan, Rewrite, Step
from azext_akskv.model.cluster import Experience, KmsProfile
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.state import KmsState
from azext_akskv.report import template
from azext_akskv.report.links import page_of
from azext_akskv.report.plain import plain, visible
from azext_akskv.report.short import short
from azext_akskv.report.times import duration

SHOWN = (State.ERROR, State.UNKNOWN, State.WARNING)
"""What a person must see, the gravest first; the rest is only counted."""
EVERY = (*SHOWN, State.SKIPPED, State.OK)


@dataclass(frozen=True)
class Line:
    """`head` stands before `text`, and continuation lines hang under the text's beginning. `mark` is the word of the
    head that a terminal may colour. What is there to be copied (commands, addresses) does not wrap."""

    head: str
    text: str
    mark: str = ""
    wraps: bool = True


def finding_lines(findings: Sequence[Finding], shown: Sequence[State] = SHOWN) -> list[Line]:
    """Each finding in four lines at most: what, why, the command to run, where to read on."""
    in_order = [finding for state in EVERY if state in shown for finding in findings if finding.state is state]
    return [line for same in _told_once(in_order) for line in _finding(same[0], same)]


def _told_once(findings: Sequence[Finding]) -> Iterable[list[Finding]]:
    """What several checks could not look at for one reason is told once, with the codes of all."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        own = finding.code if finding.state is not State.UNKNOWN else ""
        groups.setdefault((finding.state, finding.category, finding.text, own), []).append(finding)
    return groups.values()


def _finding(finding: Finding, same: Sequence[Finding]) -> list[Line]:
    word = finding.state.value
    lines = [Line(f"  {word:<9}{finding.category:<10} ", plain(finding.text), word)]
    if finding.state not in SHOWN:
        return lines
    more = ", ".join(dict.fromkeys(each.code for each in same))
    may = " ".join(dict.fromkeys(each.code for each in same if each.blocks and each.may_accept))
    more += f" (--accept {may} overrules it)" if may else ""
    details = [
        Line("    why    ", plain(finding.why)),
        Line("    fix    ", plain(finding.command), wraps=False),
        Line("    more   ", f"{more}  {finding.url or page_of(finding.category)}", wraps=False),
    ]
    return lines + [line for line in details if line.text]


def counted(findings: Iterable[Finding]) -> str:
    """18 checks: 1 error, 2 warnings, 3 not applicable."""
    states = Counter(finding.state for finding in findings)
    names = {State.ERROR: "error", State.UNKNOWN: "unknown", State.WARNING: "warning"}
    plural = {State.ERROR: "s", State.WARNING: "s"}
    parts = [f"{n} {name}{plural.get(state, '') * (n > 1)}" for state, name in names.items() if (n := states[state])]
    parts = parts or ["all is well"]
    parts += [f"{states[State.SKIPPED]} not applicable"] if states[State.SKIPPED] else []
    total = sum(states.values())
    return f"{total} check{'s' * (total != 1)}: {', '.join(parts)}"


def plan_lines(plan: Plan, records: Sequence[StepRecord], cluster: str) -> list[Line]:
    """The preview: what is so already, what is to be done, and what to know before saying yes."""
    nothing_to_do = all(record.state == "already" for record in records)
    count = "nothing is left to do" if nothing_to_do else f"{len(records)} step{'s' * (len(records) != 1)}"
    width = title_width(records)
    marked = [_marked(step, record) for step, record in zip(plan.steps, records, strict=True)]
    steps = [step_line(number, len(records), record, width) for number, record in enumerate(marked, start=1)]
    told = tuple(filter(None, [plan.nothing_left])) if nothing_to_do else plan.notes
    notes = [Line("  note   ", plain(note), "note") for note in told]
    return [Line("", f"Plan for {cluster}, {plan.flow}: {count}"), *steps, *notes]


def _marked(step: Step, record: StepRecord) -> StepRecord:
    ahead = step.point_of_no_return and record.state == "planned"
    return replace(record, detail="point of no return") if ahead else record


def title_width(records: Iterable[StepRecord]) -> int:
    return max((len(plain(record.title)) for record in records), default=0)


def step_line(number: int, of: int, record: StepRecord, width: int) -> Line:
    """The step with its state, how long it took, and what there is to say about it unless it failed."""
    took = duration(record.seconds) if record.state in ("done", "failed") else ""
    said = "" if record.state == "failed" else short(plain(record.detail))
    about = ", ".join(part for part in (took, said) if part)
    title = plain(record.title)
    head = f"  {number:>{len(str(of))}}/{of} {record.state:<9}"
    return Line(head, f"{title.ljust(width)}   {about}" if about else title, record.state)


def ended_line(number: int, of: int, record: StepRecord, width: int) -> Line:
    """A step of a run; what it waits for, or why it failed, is told by the run's last words."""
    waits = record.state == "planned"
    return step_line(number, of, replace(record, state="waiting", detail="") if waits else record, width)


def state_lines(state: KmsState) -> list[Line]:
    """The one sentence that an answer to "is this cluster protected?" is."""
    if state.experience is None:
        return []
    owed = {None: " Whether every secret was rewritten since is not known.", True: " A rewrite of the secrets is owed."}
    proved = " Every secret is proved to be stored under it." if state.experience.legacy else ""
    words = f"{_protection(state, state.experience)}.{owed.get(state.rewrite_owed, proved)}"
    return [Line("", f"{state.cluster.name}, Kubernetes {state.kubernetes_version}: {words}")]


def fleet_lines(states: Sequence[KmsState], gaps: Sequence[str]) -> list[Line]:
    """How many clusters are in which state; the rows themselves are data."""
    words = {State.ERROR: "with an error", State.UNKNOWN: "not wholly looked at", State.WARNING: "with a warning"}
    worst = Counter(
        next((each for each in words if any(f.state is each for f in state.findings)), None) for state in states
    )
    parts = [f"{worst[state]} {word}" for state, word in words.items() if worst[state]] or ["all is well"]
    head = f"Looked at {len(states)} cluster{'s' * (len(states) != 1)}: {', '.join(parts)}"
    return [
        Line("", head if states else "There is no cluster."),
        *(Line("  unknown  ", plain(gap), "unknown") for gap in gaps),
    ]


def _protection(state: KmsState, experience: Experience) -> str:
    key = f"the key {state.key.id.name} of {state.key.id.vault_name}" if state.key else "a key of yours"
    version = f", version {state.key.id.version[:8]}" if state.key and state.key.id.version else ""
    return {
        Experience.NEVER: "KMS was never turned on, secrets are stored without a key of yours",
        Experience.OFF: "KMS is off, secrets are stored without a key of yours; the key from before is still needed",
        Experience.LEGACY_V1: f"KMS v1 is on with {key}{version}",
        Experience.LEGACY_V2: f"KMS v2 is on with {key}{version}",
        Experience.PLATFORM_MANAGED: "the new KMS data encryption is on with a key that the platform manages",
        Experience.CUSTOMER_MANAGED: f"the new KMS data encryption is on with {key}",
    }[experience]


def why_line(record: StepRecord) -> Line:
    return Line("    why    ", plain(record.detail))


def keep_lines(keep: Iterable[str], word: str = "keep") -> list[Line]:
    """What must be kept; a command at its end stands in a line of its own, ready to be copied."""
    lines = []
    for each in keep:
        words, colon, command = plain(each).partition(": az ")
        lines.append(Line(f"  {word:<7}", words + colon.removesuffix(" az "), word))
        lines += [Line("         ", f"az {command}", wraps=False)] if command else []
    return lines


def keep_of(result: Result) -> tuple[str, ...]:
    """With what templates must say, where KMS was changed."""
    return (*result.keep, template.sentence(result.profile)) if result.profile else result.keep


def template_lines(profile: KmsProfile | None) -> list[Line]:
    """Ready to be pasted into the kinds of template that there are."""
    if profile is None:
        return []
    return [
        Line(f"         {kind if number == 0 else '':<11}", visible(line), wraps=False)
        for kind, lines in template.snippets(profile).items()
        for number, line in enumerate(lines)
    ]


def ending(result: Result, command: str) -> list[Line]:
    """The last word: what came of it, what is safe, and how to go on. `command` is the one that the user gave."""
    if result.status == "done":
        return [
            Line("", _done(result)),
            *_about_secrets(result.rewrite),
            *keep_lines(keep_of(result)),
            *template_lines(result.profile),
            *keep_lines(result.may_go, "may go"),
            *hand_over_lines(result),
            *([Line("Next:  ", plain(result.onward), wraps=False)] if result.onward else []),
        ]
    if result.status == "dry-run":
        once = " Once it is done:" if result.keep else ""
        said = Line("", f"Nothing was changed (dry run).{once}")
        return [said, *keep_lines(result.keep), *hand_over_lines(result)]
    if result.status == "declined":
        did = "; ".join(plain(step.title) for step in result.steps if step.state == "done")
        return [Line("", f"Nothing else was changed. Done before: {did}." if did else "Nothing was changed.")]
    trouble = result.trouble or Trouble(f"The run ended {result.status}.")
    head = Line("Waiting: ", plain(trouble.text), "Waiting") if result.status == "waiting" else error_line(trouble.text)
    safe = [Line("Safe:  ", plain(each)) for each in trouble.safe]
    rest = [*_about_secrets(result.rewrite), *hand_over_lines(result), *_next(result, trouble, command)]
    return [head, *_changed(result), *safe, *rest]


def hand_over_lines(result: Result) -> list[Line]:
    """A text to send as it is: what is left, the rights that it takes, the commands."""
    lines = [line for each in result.hand_over for line in each]
    if not lines:
        return []
    return [Line("", "For somebody with these rights:"), *(Line("  ", plain(line), wraps=False) for line in lines)]


def error_line(text: str) -> Line:
    words = plain(text)
    return Line("ERROR: ", words[:1].upper() + words[1:], "ERROR")


def _done(result: Result) -> str:
    if all(step.state == "already" for step in result.steps):
        return "Nothing was left to do: every step was already done."
    took = sum(step.seconds for step in result.steps)
    return f"Done in {duration(took)}, run {result.run}."


def _changed(result: Result) -> list[Line]:
    done = [plain(step.title) for step in result.steps if step.state == "done"]
    if not result.run:
        return []
    return [Line("Done:  ", "; ".join(done) if done else "no change was finished")]


def _next(result: Result, trouble: Trouble, command: str) -> list[Line]:
    if result.status == "refused":
        return [Line("Next:  ", plain(trouble.following or command), wraps=False)]
    stopped = next((n for n, step in enumerate(result.steps, start=1) if step.state in ("failed", "planned")), 0)
    interrupted = bool(stopped) and result.steps[stopped - 1].detail == INTERRUPTED
    when = trouble.following or ("" if interrupted else "when the cause is gone, ") + "run the same command again"
    goes_on = f"; it goes on at step {stopped}" if stopped else ""
    return [Line("Next:  ", f"{plain(when)}{goes_on}"), Line("       ", plain(command), wraps=False)]


def _about_secrets(rewrite: Rewrite | None) -> list[Line]:
    if rewrite is None:
        return []
    tally = rewrite.tally
    counts = {
        "rewritten": tally.rewritten,
        "already current": tally.current,
        "gone meanwhile": tally.gone,
        "refused": sum(not each.platform for each in tally.refused),
        "refused by the platform": sum(each.platform for each in tally.refused),
    }
    parts = [f"{count:,} {what}" for what, count in counts.items() if count or what == "rewritten"]
    verdict = "proved" if rewrite.proved else "not proved"
    text = f"{tally.total:,} secrets: {', '.join(parts)}; {verdict}" + (
        f": {plain(rewrite.why)}" if rewrite.why else ""
    )
    return [Line("  proof  " if rewrite.proved else "  check  ", text, "proof" if rewrite.proved else "check")]
