"""Following only what `diagnose` prints: each command is run as it stands, and then the pod has its secrets."""

from __future__ import annotations

import shlex

import pytest

from tests.e2e.conftest import Ended, Station
from tests.e2e.test_diagnose import DIAGNOSE, codes

FOLLOWED = {
    "sp-forbidden-rbac": "forbidden-rbac",
    "sp-forbidden-policy": "forbidden-policy",
    "sp-object-disabled": "object-disabled",
    "sp-identity-lost": "identity-not-found",
    "sp-fic-subject": "aad-subject-mismatch",
    "sp-fic-issuer": "aad-issuer-mismatch",
    "sp-forbidden-connection": "forbidden-connection",
}
"""Worlds whose remedy is a command of az, by the cause that prints it."""
LONGEST_PAUSE = 130
"""Of the kubelet between two tries, in seconds. [SRC]"""


@pytest.mark.parametrize("world", FOLLOWED)
def test_what_is_printed_is_run_and_the_pod_mounts(station: Station, world: str) -> None:
    emulation = station.start(world)
    [command] = {each["command"] for each in station.az(*DIAGNOSE).json["findings"] if each["code"] == FOLLOWED[world]}
    program, *arguments = shlex.split(command)
    more = ("--yes",) if "fix-privatelink" in arguments else ()
    done = station.az(*arguments, *more)
    assert (program, done.code) == ("az", 0), done.output
    emulation.server.call(lambda: emulation.world.clock.advance(5 * LONGEST_PAUSE))
    assert_well(station.az(*DIAGNOSE))


def assert_well(ended: Ended) -> None:
    """What the texts of the last hour tell is healed, and no check finds anything. What is in a vault that is closed to
    whoever looks, or whose policies do not name them, stays unknown."""
    unseen = codes(ended, "unknown")
    assert codes(ended, "error") == set() and unseen <= {"vault-object", "mounted-old"}, ended.output
    assert ended.code == (5 if unseen else 0)
    assert all(each["evidence"]["healed"] for each in ended.json["findings"] if each["evidence"])
