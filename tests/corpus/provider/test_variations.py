"""Each variation makes its own thing happen, and keeps what the text says."""

from __future__ import annotations

import json
import re

import pytest

from tests.corpus.provider import variations

TEXT = 'MountVolume.SetUp failed for volume "kv" : rpc error: code = Unknown desc = ' + "words and more words " * 9
LONG = f"{TEXT}\nRESPONSE 403: 403 Forbidden"


def test_wrapping_loses_nothing_but_line_ends() -> None:
    wrapped = variations.wrapped(TEXT)
    assert max(map(len, wrapped.split("\n"))) == 100 and wrapped.replace("\n", "") == TEXT


def test_filling_breaks_between_words() -> None:
    filled = variations.filled(TEXT)
    assert "\n    " in filled and filled.split() == TEXT.split()


def test_colours_surround_each_line() -> None:
    assert variations.coloured("a\nb") == "\x1b[31ma\x1b[0m\n\x1b[31mb\x1b[0m"


def test_windows_ends_lines_with_two_characters() -> None:
    assert variations.windows("a\nb") == "a\r\nb"


def test_each_line_gets_a_prefix() -> None:
    assert all(re.match(r"\[pod/\S+\] 2026-\S+Z ", line) for line in variations.prefixed(LONG).split("\n"))


def test_noise_stands_before_and_after() -> None:
    before, after = variations.among_noise("TEXT").split("TEXT")
    assert before.strip().split("\n") == after.strip().split("\n") == list(variations.NOISE)


def test_an_event_holds_the_text_as_its_message() -> None:
    [event] = json.loads(variations.as_event(LONG))["items"]
    assert event["message"] == LONG and event["reason"] == "FailedMount"


def test_a_row_follows_another() -> None:
    assert variations.as_row(TEXT).split("\n")[2].endswith(f"kubelet  {TEXT}")


def test_quoting_twice_escapes_twice() -> None:
    assert '\\"kv\\"' in variations.quoted(TEXT) and "\n" not in variations.quoted(LONG)
    assert '\\\\\\"kv\\\\\\"' in variations.quoted_again(TEXT)


def test_a_block_has_tabs_and_an_end() -> None:
    head, *lines, end = variations.block(LONG).split("\n")
    assert head.endswith("err=<") and all(line.startswith("\t") for line in lines) and end == " >"


def test_json_and_metrics_hold_the_text_escaped() -> None:
    assert json.loads(variations.in_json(LONG))["err"] == LONG
    assert json.dumps(LONG) in variations.in_a_metric(LONG)


def test_mangling_touches_only_what_printf_takes_for_a_verb() -> None:
    assert variations.mangled("https%3A%2F%2Fv") == (
        "https%!!(MISSING)A(MISSING)%!!(MISSING)F(MISSING)%!!(MISSING)F(MISSING)v"
    )


def test_translating_changes_blanks_and_marks_alone() -> None:
    translated = variations.translated('volume "kv" failed: x')
    assert translated == "volume \u00ab\u00a0kv\u00a0\u00bb failed\u00a0: x"


@pytest.mark.parametrize("seed", [1, 2])
def test_scattering_repeats_and_is_the_same_each_time(seed: int) -> None:
    scattered = variations.scattered("TEXT", seed)
    assert scattered.count("TEXT") == 5 and scattered == variations.scattered("TEXT", seed)


def test_entries_of_a_log_are_known() -> None:
    assert variations.is_entry("E1122 09:14:05.7 1 x.go:1] y") and not variations.is_entry("Error: x")
