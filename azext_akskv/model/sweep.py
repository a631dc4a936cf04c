"""The rewrite as it is done from inside the cluster: what is asked of one command in a pod, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.kube import Refused, SecretRef, Tally

MOST_AT_ONCE = 100
"""Secrets that kubectl patches in one go. It lets go of each answer: 100 secrets of 1 MB took 67 MB, and the names of
20,000 in one list 133 MB, of the pod's 1 GiB. [seen: kubectl 1.33]"""
WORK_SECONDS = 180
"""For one command; another one goes on from there. Azure's own clients wait 300 s for a command. [CLI]"""


@dataclass(frozen=True)
class Sweep:
    """Rewrite the secrets of these namespaces (none: all) behind `after`, whose empty name means its whole namespace.

    `r0` is that of the present Switch, if there is one. `per_second` 0: no limit. `gentle`: KMS v1.
    """

    namespaces: tuple[str, ...] = ()
    after: SecretRef | None = None
    r0: int | None = None
    per_second: float = 0.0
    gentle: bool = False
    at_once: int = MOST_AT_ONCE
    seconds: int = WORK_SECONDS


@dataclass(frozen=True)
class Swept:
    """`tally` counts everything up to and with `position`; of what may have been done behind it nothing is known, so it
    is done again. `ended` is `done`, `more` (its time was up), or `cut`: it was killed, or its output was."""

    tally: Tally
    position: SecretRef | None
    ended: str
    finished: tuple[str, Tally] | None = None
    """Everything up to and with this namespace was written after R0, or is gone; the tally counts it."""
    unreadable: tuple[Refused, ...] = ()
    per_second: float = 0.0
    """The rate that it ended with: on KMS v1 half of what was asked for, after each time that the API server gave way.
    """
    at_once: int = MOST_AT_ONCE
    """Less than was asked for when that was too much for the pod's memory."""
