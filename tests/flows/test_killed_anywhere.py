"""The crash table: a run is killed at every moment before and after each of its acts and each line of its journal; the
same command finishes it, with the journal and from a machine without one, and nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from azext_akskv.flows.disable import DISABLE
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.snapshot import Wanted
from tests.builders import HOST, IDENTITY, VAULT
from tests.fakes import Crash, FakeWorld
from tests.flows import worlds

ONCE = (
    "vaults.create",
    "keys.create",
    "identities.create",
    "vaults.allow_keys",
    "roles.grant keys",
    "roles.grant endpoints",
    "clusters.assign_identity",
    "clusters.turn_on_kms",
    "clusters.turn_off_kms",
)
ENABLE_WANTED = Wanted("enable", vault="kv1", key="etcd")


CASES: dict[str, tuple[Callable[[Path, int], FakeWorld], Flow, Wanted]] = {
    "public-rbac": (worlds.public_rbac, ENABLE, ENABLE_WANTED),
    "public-policy": (worlds.public_policy, ENABLE, ENABLE_WANTED),
    "private": (worlds.private, ENABLE, ENABLE_WANTED),
    "everything-new": (
        worlds.bare,
        ENABLE,
        Wanted("enable", vault=VAULT, key="etcd", identity=IDENTITY, create=True),
    ),
    "disable": (worlds.kms_on, DISABLE, Wanted("disable")),
}


def run_to_the_end(world: FakeWorld, flow: Flow, wanted: Wanted) -> None:
    """As a user would: again when it ended `waiting`, hours later."""
    for _ in range(3):
        result = world.drive(flow, wanted)
        if result.status != "waiting":
            break
        world.clock.sleep(9 * 3600)
    assert result.status == "done", result.trouble
    world.oracle()
    kms = world.kms()
    assert bool(kms.get("enabled")) is (flow is ENABLE)
    present = f"https://{HOST}/keys/etcd" if flow is ENABLE else "off"
    assert all(key.startswith(present) for _, key in world.stored.values())
    assert world.switch is not None and world.switch.proved
    for write in ONCE:
        assert world.writes[write] <= 1, f"{write}: {world.writes[write]} times"


def moments_of(case: str, folder: Path) -> int:
    make, flow, wanted = CASES[case]
    world = make(folder, 3)
    run_to_the_end(world, flow, wanted)
    return len(world.moments.passed)


@pytest.mark.parametrize("with_journal", [True, False], ids=["with-the-journal", "from-another-machine"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_command_finishes_a_run_that_was_killed_anywhere(
    case: str, with_journal: bool, tmp_path: Path
) -> None:
    make, flow, wanted = CASES[case]
    moments = moments_of(case, tmp_path / "whole")
    assert moments > 30
    for moment in range(moments):
        world = make(tmp_path / str(moment), 3)
        world.moments.crash_at = moment
        with pytest.raises(Crash) as killed:
            run_to_the_end(world, flow, wanted)
        world.moments.crash_at = None
        if not with_journal:
            world.forget()
        try:
            run_to_the_end(world, flow, wanted)
        except AssertionError as problem:
            raise AssertionError(f"killed {killed.value} (moment {moment}): {problem}") from problem
