"""The report of the script in the command pod: whole, cut, or forged."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import KubeRight, SecretRef, Switch, Tally
from azext_akskv.model.pod_report import looked, parse_report, swept, switch_of

SWEEP = """Warning: something of kubectl's
akskv begin 1 sweep
akskv unreadable team-z lost transform key "/registry/secrets/team-z/lost"
akskv refused team-a web Forbidden admission webhook "no.example.org" denied the request
akskv at team-a web 3 2 0 0 1 0 1 200 100
akskv finished team-b 5 4 0 0 1
akskv at team-c api 9 5 1 2 1 1 1 100 50
akskv note "https://kv/keys/k/1"
akskv note "run"
akskv note "17"
akskv note "true"
akskv end sweep done
"""
LOOK = """akskv begin 1 look
akskv ready yes
akskv no-note
akskv may yes list secrets
akskv may no create leases.coordination.k8s.io default
akskv gap rights Forbidden
akskv counted 300 13
akskv end look done
"""


def test_a_sweep_adds_up() -> None:
    report = parse_report(SWEEP.replace("finished team-b 5 4 0 0 1", "finished team-b 4 4 0 0 1"))
    result = swept(report)
    [refused] = result.tally.refused
    assert (result.ended, result.position) == ("done", SecretRef("team-c", "api"))
    assert result.tally == Tally(9, 5, 1, 2, 1, 1, (refused,))
    assert str(refused.secret) == "team-a/web" and refused.reason.startswith("Forbidden: admission webhook")
    assert result.finished == ("team-b", Tally(4, 4, 0, 0, 1))
    assert (result.per_second, result.at_once) == (100.0, 50)
    assert [str(each.secret) for each in result.unreadable] == ["team-z/lost"]
    assert switch_of(report) == Switch("https://kv/keys/k/1", "run", 17, proved=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("akskv begin 1 sweep\n", ""),
        ("begin 1", "begin 2"),
        ("akskv refused team-a web Forbidden admission", "refused"),  # one of the refused is lost
        ("at team-c api 9", "at team-c api 8"),
        ("at team-c api 9 5 1 2 1 1 1", "at team-c api 9 5 1 2 1 2 1"),  # more unproved than current
        ("at team-a web 3", "at team-a web three"),
        ("at team-a web", "at TEAM/a web"),
        ("end sweep done", "end look done"),
        ("end sweep done", "end sweep perhaps"),
        ("team-a web Forbidden", "team-a web \x1b[31mForbidden"),
    ],
)
def test_what_does_not_add_up_is_refused(old: str, new: str) -> None:
    broken = SWEEP.replace("finished team-b 5 4 0 0 1", "finished team-b 4 4 0 0 1").replace(old, new, 1)
    with pytest.raises(BadInput):
        swept(parse_report(broken))


def test_a_look_says_what_could_not_be_looked_at() -> None:
    seen = looked(parse_report(LOOK))
    assert (seen.ready, seen.count, seen.namespaces, seen.unreadable) == (True, 300, 13, ())
    assert seen.rights[KubeRight("list", "secrets")]
    assert not seen.rights[KubeRight("create", "leases", "coordination.k8s.io", "default")]
    assert seen.gaps["rights"].kind == "Forbidden"
    with pytest.raises(BadInput, match="did not come to its end"):
        looked(parse_report(LOOK.replace("akskv end look done\n", "")))


HOLDER = """akskv now 2026-11-22T12:00:10Z
akskv holder 2026-11-22T11:30:00.000000Z 2026-11-22T12:00:00.000000Z 120 "20261122-113000-rotate anna@contoso.com"
akskv counted"""


def test_a_look_says_who_is_at_work() -> None:
    assert looked(parse_report(LOOK)).holder is None
    holder = looked(parse_report(LOOK.replace("akskv counted", HOLDER))).holder
    assert holder and (holder.run, holder.who) == ("20261122-113000-rotate", "anna@contoso.com")
    assert (holder.silent, holder.lasts) == (10, 120)
    for whole, spoiled in (
        ("120 ", ""),
        ('"20261122', "20261122"),
        ("T12:00:00.000000Z", "T12"),
        (" 2026-11-22T11:30:00.000000Z", ""),
    ):
        with pytest.raises(BadInput):
            looked(parse_report(LOOK.replace("akskv counted", HOLDER.replace(whole, spoiled))))


def test_a_spoiled_note_is_none() -> None:
    assert switch_of(parse_report(SWEEP.replace('note "17"', 'note "many"'))) is None
    assert switch_of(parse_report(SWEEP.replace('akskv note "run"\n', ""))) is None


@given(st.integers(0, len(SWEEP)))
def test_a_report_that_was_cut_is_never_done(length: int) -> None:
    whole = SWEEP.replace("finished team-b 5 4 0 0 1", "finished team-b 4 4 0 0 1")
    if length >= len(whole):
        return
    with suppress(BadInput):
        result = swept(parse_report(whole[:length]))
        assert result.ended == "cut" and result.tally.total in (0, 3, 9)


@given(st.text(alphabet=st.sampled_from("akskv begin1sweplodtru\n\x1b 0-9*"), max_size=300))
def test_any_output_is_a_report_or_bad_input(text: str) -> None:
    for logs in (text, f"akskv begin 1 sweep\n{text}\nakskv end sweep done\n"):
        for decode in (swept, looked, switch_of):
            with suppress(BadInput):
                decode(parse_report(logs))


@given(st.text(max_size=60))
def test_whoever_words_a_refusal_forges_no_line_and_no_terminal(words: str) -> None:
    flat = words.replace("\n", " ")
    lines = ("begin 1 sweep", f"refused a b Forbidden {flat}", "at a b 1 0 0 0 0 0 1 0 9", "end sweep done")
    logs = "".join(f"akskv {line}\n" for line in lines)
    [refused] = swept(parse_report(logs)).tally.refused
    assert refused.reason.isprintable() and refused.reason.isascii()
