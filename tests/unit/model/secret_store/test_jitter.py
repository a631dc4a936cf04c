"""The documents' table and examples of jitter."""

from __future__ import annotations

import pytest

from azext_akskv.model.secret_store.jitter import Fit, Load, fitting, suiting_jitter

CLUSTERS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
TABLE = {
    5: (0, 0, 1, 2, 4, 10, 20, 39, 98, 200),
    10: (0, 1, 2, 5, 10, 24, 49, 97, 240, 490),
    20: (1, 3, 7, 14, 27, 68, 140, 270, 680, 1400),
    50: (8, 15, 38, 76, 150, 380, 760, 1500, 3800, 7600),
}


@pytest.mark.parametrize(
    ("secrets", "clusters", "seconds"),
    [(secrets, clusters, row[at]) for secrets, row in TABLE.items() for at, clusters in enumerate(CLUSTERS)],
)
def test_the_table_of_the_documents_is_what_the_calculation_gives(secrets: int, clusters: int, seconds: int) -> None:
    """The table has two digits; ours is rounded up to whole seconds."""
    found = suiting_jitter(clusters, secrets)
    assert found is not None and abs(found - seconds) <= max(1, 0.05 * seconds)


def test_the_worked_example() -> None:
    assert suiting_jitter(700, 30, 0.0001) == 190


def test_more_secrets_than_a_vault_answers_in_a_second_fit_no_jitter() -> None:
    assert suiting_jitter(2, 400) is None
    found = fitting(Load(100, 500, 3600, 3600))
    assert (found.fit, found.jitter) == (Fit.TIGHT, None)


@pytest.mark.parametrize(("clusters", "secrets", "risk"), [(0, 1, 0.1), (1, 0, 0.1), (1, 1, 0), (1, 1, 0.5)])
def test_nothing_is_no_fleet(clusters: int, secrets: int, risk: float) -> None:
    with pytest.raises(ValueError, match="at least one"):
        suiting_jitter(clusters, secrets, risk)


@pytest.mark.parametrize(
    ("load", "fit"),
    [
        (Load(1, 10, 3600), Fit.YES),
        (Load(20, 10, 3600), Fit.YES),  # the documents' example of what is unlikely to be throttled
        (Load(2000, 20, 3600), Fit.NO),  # and of what is likely to
        (Load(2000, 20, 3600, 50), Fit.NO),
        (Load(2000, 20, 3600, 200), Fit.TIGHT),
        (Load(2000, 20, 3600, 3600), Fit.YES),
        (Load(100, 20, 3600), Fit.TIGHT),
        (Load(100, 20, 3600, 14), Fit.YES),
        (Load(1000, 50, 60, 10), Fit.NO),  # faster than a vault ever answers
        (Load(1, 1, 0, 0), Fit.YES),
        (Load(400, 10, 10, 0), Fit.TIGHT),
        (Load(400, 10, 9, 0), Fit.NO),
    ],
)
def test_whether_a_fleet_fits(load: Load, fit: Fit) -> None:
    found = fitting(load)
    assert found.fit is fit and found.why
    assert found.oldest == load.interval + load.jitter


def test_more_jitter_never_fits_worse() -> None:
    order = [Fit.NO, Fit.TIGHT, Fit.YES]
    for clusters in (100, 300, 1000, 5000):
        fits = [order.index(fitting(Load(clusters, 20, 3600, jitter)).fit) for jitter in range(0, 1000, 7)]
        assert fits == sorted(fits)
