"""Whether a fleet's copies fit a vault's limits. The figures and the calculation are those of the documents on
troubleshooting the Secret Store extension. [D]"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

PER_SECOND = 400
"""Requests that a vault answers. A subscription has five times that for all of its vaults. [D]"""
WINDOW = 10
"""Seconds over which a vault counts: 4,000 requests. [D]"""
FEW = PER_SECOND
"""So many at once are a tenth of what ten seconds allow: no jitter is needed. [OWN, from the documents' example of 200]
"""
RISK = 0.0001
"""That a vault is overwhelmed while all clusters copy once. [D]"""


class Fit(str, Enum):
    YES = "yes"
    TIGHT = "tight"
    """It may be throttled now and then; after that it recovers. [D]"""
    NO = "no"


@dataclass(frozen=True)
class Load:
    """`secrets`: of one cluster, each version counted; `interval` and `jitter` in seconds. At least 1, jitter 0."""

    clusters: int
    secrets: int
    interval: int
    jitter: int = 0

    @property
    def requests(self) -> int:
        """When all clusters copy once."""
        return self.clusters * self.secrets


@dataclass(frozen=True)
class Fitting:
    """`jitter`: seconds that would do, None where none does: then fewer secrets a cluster, or more vaults. `oldest`:
    the age in seconds that a copy may get to."""

    fit: Fit
    why: str
    jitter: int | None
    oldest: int


def suiting_jitter(clusters: int, secrets: int, risk: float = RISK) -> int | None:
    """The least jitter in seconds by which all clusters copy once with no more than that risk for any second. None: so
    many secrets a cluster that no jitter does.

    Raises ValueError unless there are clusters and secrets, and 0 < risk < 0.5.
    """
    if clusters < 1 or secrets < 1 or not 0 < risk < 0.5:
        raise ValueError("at least one cluster and one secret, and a risk between 0 and 0.5")
    most = PER_SECOND / secrets
    root = 1 - 1 / (9 * most) - abs(NormalDist().inv_cdf(risk)) / (3 * math.sqrt(most))
    if root <= 0:
        return None
    return math.ceil(clusters / (most * root**3))


def fitting(load: Load) -> Fitting:
    """Raises ValueError unless there are clusters and secrets."""
    jitter = suiting_jitter(load.clusters, load.secrets)
    oldest = load.interval + load.jitter
    asked = f"{load.clusters:,} x {load.secrets:,} = {load.requests:,} requests"
    if load.requests > PER_SECOND * max(oldest, 1):
        why = f"{asked} every {oldest:,} seconds are more than a vault ever answers: {PER_SECOND} a second"
        return Fitting(Fit.NO, why, jitter, oldest)
    if load.requests <= FEW:
        return Fitting(Fit.YES, f"{asked} at once are few", jitter, oldest)
    if jitter is not None and load.jitter >= jitter:
        return Fitting(
            Fit.YES, f"{asked} are spread over {load.jitter:,} seconds; {jitter:,} are enough", jitter, oldest
        )
    spread = max(load.jitter, WINDOW)
    if load.requests <= PER_SECOND * spread:
        return Fitting(
            Fit.TIGHT, f"{asked} within {spread:,} seconds come close to what a vault answers", jitter, oldest
        )
    return Fitting(Fit.NO, f"{asked} within {spread:,} seconds are more than a vault answers", jitter, oldest)
