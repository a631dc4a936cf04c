"""The catalogue of the provider's causes against docs/causes, both ways."""

from __future__ import annotations

import re

import pytest

from azext_akskv.model.provider.catalogue import CATALOGUE
from tests.corpus.provider.pages import FOLDER, pages


def test_every_cause_has_its_page_and_every_page_its_cause(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob("*.rst"):
            old.unlink()
        for name, text in pages().items():
            (FOLDER / name).write_text(text, encoding="utf-8")
    assert {path.stem for path in FOLDER.glob("*.rst")} - {"index"} == {cause.code for cause in CATALOGUE.values()}


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_what_the_catalogue_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name]


@pytest.mark.parametrize("name", sorted(set(pages()) - {"index.rst"}))
def test_a_page_has_symptom_numbers_meaning_and_remedy(name: str) -> None:
    text = pages()[name]
    for words in ("The text says::", "In the documents: ", "What it means", "What to do", "Read on: `", "Source: ["):
        assert words in text
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 120
    assert re.search(r"^    (az|kubectl|helm|nc|openssl|nslookup) ", text, re.MULTILINE)


def test_no_two_causes_share_their_words() -> None:
    assert len({cause.kind for cause in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({cause.symptom for cause in CATALOGUE.values()}) == len(CATALOGUE)


def test_a_cause_is_a_slug_and_every_page_of_azures_an_address_of_its_documents() -> None:
    for slug, cause in CATALOGUE.items():
        assert slug == cause.slug and re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)*", slug)
        assert cause.page.startswith("https://learn.microsoft.com/")
