"""The classifier on the corpus: floors that it must not fall below."""

from __future__ import annotations

import json

import pytest

from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.causes_driver import VERDICTS
from tests.corpus.provider.corpus import HELD_OUT, TUNED, Entry, entries, found, scores, variants

WRITTEN = [entry for name in TUNED for entry in entries(name)]
LEAST_TEXTS, LEAST_VARIANTS = 240, 1_500
VARIED_FLOOR = 0.995
HELD_OUT_FLOOR = 0.75
"""Ten texts, of which each is a tenth: one is judged wrongly, of one it is said that it is not understood."""


@pytest.mark.parametrize("entry", WRITTEN, ids=[f"{n}-{entry.language}" for n, entry in enumerate(WRITTEN)])
def test_every_written_text_is_judged_as_it_is_meant(entry: Entry) -> None:
    assert found(entry) == entry.causes


def test_variations_change_next_to_nothing() -> None:
    whole = scores(variants())[""]
    assert whole.precision >= VARIED_FLOOR and whole.recall >= VARIED_FLOOR, whole


def test_texts_that_no_rule_was_made_after_are_mostly_understood() -> None:
    whole = scores(entries(HELD_OUT))[""]
    assert whole.precision >= HELD_OUT_FLOOR and whole.recall >= HELD_OUT_FLOOR, whole


def test_there_are_as_many_texts_as_there_should_be() -> None:
    assert len(WRITTEN) >= LEAST_TEXTS and len(variants()) >= LEAST_VARIANTS
    assert len({entry.text for entry in WRITTEN}) == len(WRITTEN)
    assert {"en", "fr", "ko", "ja"} <= {entry.language for entry in WRITTEN}


def test_every_cause_is_in_the_corpus_and_nothing_else() -> None:
    meant = {slug for entry in (*WRITTEN, *entries(HELD_OUT)) for slug in entry.causes}
    assert meant == {cause.slug for cause in CATALOGUE.values() if cause not in VERDICTS}


def test_noise_tells_of_nothing_also_all_at_once() -> None:
    noise = "\n".join(entry.text for entry in entries("negatives") if not entry.text.startswith("{"))
    assert found(Entry(noise, frozenset(), "log", "en", "noise")) == frozenset()


def test_no_text_of_the_corpus_holds_what_opens_a_door() -> None:
    for entry in (*WRITTEN, *entries(HELD_OUT)):
        assert "eyJ" not in entry.text and "BEGIN " not in json.dumps(entry.text), entry.source
