"""What a failure of the cluster's update stands for is read off the cluster, and so is what is safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.engine.runner import NOTHING_BEGUN
from azext_akskv.failures import Conflict, Denied, GatewayError, LostTrack, Rejected, Throttled, Unavailable
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.snapshot import Wanted
from tests.fakes import FakeWorld
from tests.flows import worlds

ASKED = Wanted("enable", vault="kv1", key="etcd")


def enabling(world: FakeWorld, *errors: GatewayError) -> Result:
    world.faults["clusters.turn_on_kms"] = list(errors)
    return world.drive(ENABLE, ASKED)


@pytest.mark.parametrize("kind", [Rejected, Denied, Conflict, Throttled])
def test_a_refused_update_rewrites_nothing_and_alarms_nobody(tmp_path: Path, kind: type[GatewayError]) -> None:
    world = worlds.public_rbac(tmp_path)
    result = enabling(world, kind("turn on KMS", "Nope", "no"))
    assert result.status == "failed" and "secrets.touch" not in world.writes
    assert result.trouble and result.trouble.safe == (NOTHING_BEGUN,)
    assert world.drive(ENABLE, ASKED).status == "done"


def test_an_update_without_an_answer_may_still_come_true(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    result = enabling(world, Unavailable("turn on KMS", "ReadTimeout", ""))
    assert result.status == "failed" and world.writes["secrets.touch"] == 9
    assert result.trouble and "may already use the key" in result.trouble.safe[0]
    again = world.drive(ENABLE, ASKED)
    assert again.status == "done" and again.rewrite and again.rewrite.proved


def test_an_update_out_of_sight_that_never_began_is_told_as_such(tmp_path: Path) -> None:
    result = enabling(worlds.public_rbac(tmp_path), LostTrack("turn on KMS", "NotFound", "no such operation"))
    assert result.status == "failed" and result.trouble and "no such operation" in result.trouble.text
