"""An operation that cannot be read any more is not one that failed."""

from __future__ import annotations

import pytest

from azext_akskv.failures import LostTrack
from azext_akskv.gateways.clusters import ArmClusters
from tests.unit.gateways.conftest import ClientsOfService, Reply, Service
from tests.unit.gateways.test_clusters import PATH, SHOP, Seen, a_cluster, accepts_the_change

NOT_FOUND = {"code": "NotFound", "message": "The operation was not found.", "details": None, "subcode": ""}


@pytest.mark.parametrize(
    "poll",
    [
        Reply(404, NOT_FOUND),
        Reply(410, NOT_FOUND),
        Reply(200, "}{", {"Content-Type": "application/json"}),
        Reply(200, "<html>Sign in</html>", {"Content-Type": "text/html"}),
        Reply(200, []),
        Reply(200, "just text"),
        Reply(503, {"error": {"code": "ServiceUnavailable"}}),
        Reply(cut=True),
    ],
    ids=["404", "410", "garbage", "html", "list", "text", "503", "cut"],
)
def test_track_is_lost_whatever_a_poll_answers(service: Service, clients: ClientsOfService, poll: Reply) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    accepts_the_change(service, poll)
    clusters, seen = ArmClusters(clients, 0.01), Seen(service)  # type: ignore[arg-type]  # a stand-in
    with pytest.raises(LostTrack, match="turn off KMS of") as caught:
        clusters.turn_off_kms(clusters.get(SHOP), {}, seen)
    assert seen.operation and caught.value.code


def test_an_error_beside_succeeded_is_a_working_note(service: Service, clients: ClientsOfService) -> None:
    service.answers("GET", PATH, Reply(200, a_cluster()))
    note = {"code": "NotLatestOperation", "message": "Cannot proceed."}
    accepts_the_change(service, Reply(200, {"status": "Succeeded", "error": note}))
    clusters, seen = ArmClusters(clients, 0.01), Seen(service)  # type: ignore[arg-type]  # a stand-in
    clusters.turn_off_kms(clusters.get(SHOP), {}, seen)
    assert seen.statuses == ["Succeeded"]
