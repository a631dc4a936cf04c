from __future__ import annotations

from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.upgrade import Offer
from tests.builders import KEY, a_cluster, a_snapshot, cluster_json
from tests.unit.checks.verdicts import findings, problem, state

OFFER = Offer(("1.27.9", "1.27.16"), {"1.27.9": ("1.27.16",), "1.27.16": ("1.28.12",), "1.28.12": ()})


def migrating(
    asked: str | None = None, offer: Offer = OFFER, version: str = "1.26.12", **properties: object
) -> Snapshot:
    cluster = a_cluster(cluster_json(kms=KEY), currentKubernetesVersion=version, **properties)
    wanted = Wanted("migrate-v2", kubernetes_version=asked)
    return a_snapshot(wanted, cluster=cluster, upgrades=offer)


def test_upgrade_way() -> None:
    assert state("upgrade-way", a_snapshot()) == "skipped"
    for asked in (None, "1.27", "1.28", "1.27.16"):
        assert state("upgrade-way", migrating(asked)) == "ok"
    unknown = problem("upgrade-way", migrating("1.29"))
    assert unknown.blocks and "does not offer Kubernetes 1.29" in unknown.text and "get-versions" in unknown.command
    unreachable = problem("upgrade-way", migrating("1.28", Offer((), OFFER.region)))
    assert "no upgrade leads from 1.26.12 to 1.28" in unreachable.text and "offered nothing" in unreachable.text
    older = problem("upgrade-way", migrating("1.28", version="1.30.4"))
    assert older.blocks and "later than 1.28" in older.text
    assert state("upgrade-way", migrating(version="1.30.4")) == "skipped"
    gap = a_snapshot(
        Wanted("migrate-v2"),
        cluster=a_cluster(cluster_json(kms=KEY), currentKubernetesVersion="1.26.12"),
        upgrades=Observed.unknown("not allowed"),
    )
    assert state("upgrade-way", gap) == "unknown"


def test_pool_unready() -> None:
    good = {"name": "system", "orchestratorVersion": "1.26.12", "provisioningState": "Succeeded"}
    assert state("pool-unready", a_snapshot()) == "skipped"
    assert state("pool-unready", migrating(agentPoolProfiles=[good])) == "ok"
    assert state("pool-unready", migrating(version="1.30.4", agentPoolProfiles=[good])) == "skipped"
    stopped, failed = good | {"powerState": {"code": "Stopped"}}, good | {"provisioningState": "Failed", "name": "work"}
    told = findings("pool-unready", migrating(agentPoolProfiles=[stopped, failed]))
    assert all(each.blocks and each.may_accept for each in told)
    off = a_cluster(
        cluster_json(kms=KEY, enabled=False), currentKubernetesVersion="1.26.12", agentPoolProfiles=[failed]
    )
    assert not problem("pool-unready", a_snapshot(Wanted("migrate-v2"), cluster=off, upgrades=OFFER)).blocks
    assert ["stopped" in told[0].text, "work failed" in told[1].text] == [True, True]
