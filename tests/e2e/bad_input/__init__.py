"""Everything bad that is brought to the commands, case by case: `python -m tests.e2e.bad_input` counts them."""

from __future__ import annotations

from tests.e2e.bad_input import (
    arguments,
    clusters,
    hostile,
    keys,
    manifests,
    privatelink,
    provider,
    rotation,
    services,
    texts,
)
from tests.e2e.bad_input.case import BadInput

SUBJECTS: dict[str, tuple[BadInput, ...]] = {
    "Malformed arguments": arguments.CASES,
    "Keys and vaults": keys.CASES,
    "Rotation and the mode": rotation.CASES,
    "Clusters, identities, runs": clusters.CASES,
    "Rights, networks, answers": services.CASES,
    "Private links": privatelink.CASES,
    "Secrets provider": provider.CASES,
    "Manifests of mounts": manifests.CASES,
    "Texts to diagnose": texts.CASES,
    "Hostile text": hostile.CASES,
}
EVERY = [case for cases in SUBJECTS.values() for case in cases]

HEAD = """\
Bad input
=========

What happens when something is brought that cannot be: {count} cases, each run with the real ``az`` against the
emulator. In each the exit code is the one of `commands.rst <commands.rst>`_; the finding, or the error in its own
words, says what was expected and what was found, and where a command helps it stands there to be pasted; there is no
traceback and no character that steers a terminal; and no request was sent that could change something. The findings
have their sections in `findings.rst <findings.rst>`_.

This page is written from ``tests/e2e/bad_input`` (``pytest --update``), and a test compares them.
"""


def page() -> str:
    """docs/bad-input.rst."""
    parts = [HEAD.format(count=len(EVERY))]
    for subject, cases in SUBJECTS.items():
        parts += ["", subject, "-" * len(subject), "", f"{len(cases)} cases."]
        parts += ["", ".. list-table::", "   :header-rows: 1", ""]
        for row in (("brought", "exit", "said"), *((case.brought, str(case.code), case.said) for case in cases)):
            first, *rest = row
            parts += [f"   * - {first}", *(f"     - {each}" for each in rest)]
    return "\n".join(parts) + "\n"
