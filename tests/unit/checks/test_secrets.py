from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from azext_akskv.model.holder import Holder
from azext_akskv.model.kube import KeyEvidence, KubeRight, Refused, SecretRef, Switch, key_id_hash
from azext_akskv.model.observed import Observed
from azext_akskv.model.run_command import ACTIONS, CUT, NO_ROOM, OFF, POD_REFUSED, Trouble
from azext_akskv.model.snapshot import SecretCensus, Wanted
from azext_akskv.model.tags import RUN_TAG
from tests.builders import KEY, NOW, OTHER_KEY, a_cluster, a_snapshot, cluster_json, snapshot_with_kms_on
from tests.unit.checks.verdicts import findings, problem, state

OLD = a_cluster(currentKubernetesVersion="1.26.10")
NOTE = Switch(str(KEY), "", 100, proved=True)


def test_api_server_unreachable() -> None:
    assert state("api-server-unreachable", a_snapshot()) == "ok"
    assert problem("api-server-unreachable", a_snapshot(api_server=False)).blocks
    assert state("api-server-unreachable", a_snapshot(api_server=Observed.unknown("403"))) == "unknown"
    stopped = a_cluster(powerState={"code": "Stopped"})
    assert state("api-server-unreachable", a_snapshot(cluster=stopped, api_server=Observed.unknown("-"))) == "skipped"
    prepare = Wanted("enable", vault="kv1", key="etcd", prepare_only=True)
    assert state("api-server-unreachable", a_snapshot(prepare, api_server=Observed.unknown("-"))) == "skipped"


def test_api_server_unreachable_is_right_while_our_own_interrupted_change_runs() -> None:
    tags = {RUN_TAG: "20261122-144501-enable"}
    updating = a_cluster(cluster_json(kms=KEY), provisioningState="Updating", tags=tags)
    assert state("api-server-unreachable", a_snapshot(cluster=updating, api_server=False)) == "skipped"


def test_secret_unreadable() -> None:
    assert state("secret-unreadable", a_snapshot()) == "ok"
    broken = SecretCensus(300, 12, tuple(SecretRef("team", f"s{n}") for n in range(7)))
    finding = problem("secret-unreadable", a_snapshot(secrets=broken))
    assert "team/s0, team/s1" in finding.text and finding.text.endswith("and 2 more")
    assert finding.blocks and not finding.may_accept
    unread = a_snapshot(secrets=Observed.unknown("403"))
    assert state("secret-unreadable", unread) == "unknown" and findings("secret-unreadable", unread)[0].blocks


def test_other_operator() -> None:
    since = NOW - timedelta(hours=1)
    hers = Holder("20261122-113000-rotate", "anna@contoso.com", since, 10.0, 120)
    assert state("other-operator", a_snapshot()) == "ok"
    finding = problem("other-operator", a_snapshot(holder=hers))
    assert finding.blocks and not finding.may_accept
    assert "20261122-113000-rotate of anna@contoso.com, at work since" in finding.text and "in 110 s" in finding.why
    assert state("other-operator", a_snapshot(holder=replace(hers, silent=121.0))) == "ok"
    assert state("other-operator", a_snapshot(holder=hers, own_runs=(hers.run,))) == "ok"
    assert state("other-operator", snapshot_with_kms_on("show", holder=hers)) == "warning"
    hidden = a_snapshot(holder=Observed.unknown("403"))
    assert state("other-operator", hidden) == "unknown" and findings("other-operator", hidden)[0].blocks
    assert state("other-operator", a_snapshot(api_server=False)) == "skipped"
    assert state("other-operator", snapshot_with_kms_on("list", holder=hers)) == "skipped"


def test_key_note() -> None:
    assert state("key-note", a_snapshot()) == "ok"
    hidden = a_snapshot(switch=Observed.unknown("403"))
    assert state("key-note", hidden) == "unknown" and findings("key-note", hidden)[0].blocks


def test_rewrite_owed() -> None:
    assert state("rewrite-owed", a_snapshot()) == "ok"  # KMS was never on
    assert state("rewrite-owed", snapshot_with_kms_on(switch=NOTE)) == "ok"
    owed = problem("rewrite-owed", snapshot_with_kms_on(switch=Switch(str(KEY), "", 100)))
    assert owed.state.value == "error" and not owed.may_accept and "az aks kv reencrypt" in owed.command
    assert state("rewrite-owed", snapshot_with_kms_on("reencrypt", switch=Switch(str(KEY), "", 100))) == "ok"


def test_rewrite_owed_is_not_known_without_a_note_of_the_present_key() -> None:
    unknown = problem("rewrite-owed", snapshot_with_kms_on())
    assert unknown.state.value == "warning" and "by other means" in unknown.why
    stale = problem("rewrite-owed", snapshot_with_kms_on(switch=Switch(str(OTHER_KEY), "", 100, proved=True)))
    assert stale.state.value == "warning" and "after the last run that finished" in stale.why
    hidden = snapshot_with_kms_on(switch=Observed.unknown("403"))
    assert state("rewrite-owed", hidden) == "skipped"


def test_v1_secret_limit() -> None:
    many = SecretCensus(2001, 12)
    assert state("v1-secret-limit", a_snapshot(secrets=many)) == "skipped"
    assert state("v1-secret-limit", a_snapshot(cluster=OLD, secrets=SecretCensus(2000, 12))) == "ok"
    assert "2,001 secrets" in problem("v1-secret-limit", a_snapshot(cluster=OLD, secrets=many)).text
    assert problem("v1-secret-limit", a_snapshot(cluster=OLD, secrets=many)).blocks
    on = a_cluster(cluster_json(kms=KEY), currentKubernetesVersion="1.26.10")
    assert state("v1-secret-limit", snapshot_with_kms_on(cluster=on, secrets=many)) == "warning"
    assert state("v1-secret-limit", a_snapshot(Wanted("show"), cluster=OLD, secrets=many)) == "skipped"


def test_key_evidence() -> None:
    def seen(servers: str, **writing: str):
        hashes = {server: frozenset({key_id_hash(key)}) for server, key in writing.items()}
        evidence = Observed(KeyEvidence(frozenset(servers), hashes))
        wanted = Wanted("show", evidence=True)
        on = a_cluster(cluster_json(kms=KEY))
        return a_snapshot(wanted, cluster=on, key_in_use=a_snapshot().key.get(), evidence=evidence)

    assert state("key-evidence", snapshot_with_kms_on()) == "skipped"
    assert state("key-evidence", seen("ab", a=str(KEY), b=str(KEY))) == "ok"
    assert "1 of 2 API servers did not say" in problem("key-evidence", seen("ab", a=str(KEY))).text
    assert "wrote with another key" in problem("key-evidence", seen("ab", a=str(KEY), b=str(OTHER_KEY))).text


def test_run_command_off() -> None:
    assert state("run-command-off", a_snapshot()) == "skipped"  # nobody needs it
    assert state("run-command-off", a_snapshot(api_server=False)) == "ok"
    off = a_cluster(apiServerAccessProfile={"disableRunCommand": True})
    finding = problem("run-command-off", a_snapshot(cluster=off, api_server=Observed.unknown("refused")))
    assert "--enable-run-command" in finding.command and not finding.blocks


def test_run_command_off_blocks_where_there_is_no_other_way() -> None:
    trouble = Trouble(OFF, "turned off")
    shut = a_snapshot(api_server=Observed.unknown("off"), inside=True, run_command_trouble=trouble)
    assert problem("run-command-off", shut).blocks
    assert state("api-server-unreachable", shut) == state("run-command-fails", shut).replace("ok", "skipped")


def test_run_command_rights() -> None:
    assert state("run-command-rights", a_snapshot()) == "skipped"
    assert state("run-command-rights", a_snapshot(lacks_for_run_command=Observed.unknown("403"))) == "ok"  # it worked
    away: Observed[bool] = Observed.unknown("not asked")
    gap = a_snapshot(api_server=away, inside=True, lacks_for_run_command=Observed.unknown("403"))
    assert state("run-command-rights", gap) == "unknown" and findings("run-command-rights", gap)[0].blocks
    lacks = a_snapshot(api_server=away, inside=True, lacks_for_run_command=Observed(ACTIONS[:1]))
    assert "managedClusters/runcommand/action" in problem("run-command-rights", lacks).text
    assert problem("run-command-rights", lacks).blocks and state("api-server-unreachable", lacks) == "skipped"


def test_run_command_fails() -> None:
    assert state("run-command-fails", a_snapshot()) == "skipped"
    assert state("run-command-fails", a_snapshot(inside=True)) == "ok"
    for code, command in (
        (NO_ROOM, "az aks nodepool list"),
        (POD_REFUSED, "az policy assignment list"),
        (CUT, "invoke"),
    ):
        trouble = Trouble(code, "why it is so")
        found = problem("run-command-fails", a_snapshot(inside=True, run_command_trouble=trouble))
        assert found.blocks and command in found.command and "why it is so" in found.text


def test_kubernetes_rights() -> None:
    assert state("kubernetes-rights", a_snapshot()) == "skipped"  # not asked
    assert state("kubernetes-rights", a_snapshot(missing_rights=Observed(()))) == "ok"
    missing = Observed((KubeRight("patch", "secrets"), KubeRight("create", "leases", "coordination.k8s.io", "default")))
    finding = problem("kubernetes-rights", a_snapshot(missing_rights=missing))
    assert "patch secrets in every namespace; create leases.coordination.k8s.io in default" in finding.text
    assert finding.blocks and finding.command == "kubectl auth can-i patch secrets --all-namespaces"
    assert state("kubernetes-rights", a_snapshot(missing_rights=Observed.unknown("500"))) == "unknown"


def test_admission_refuses() -> None:
    assert state("admission-refuses", a_snapshot()) == "skipped"
    assert state("admission-refuses", a_snapshot(rehearsal=Observed(()))) == "ok"
    own = tuple(Refused(SecretRef(f"team-{n}", "s"), "denied by no-updates") for n in range(3))
    finding = problem("admission-refuses", a_snapshot(rehearsal=Observed(own)))
    assert "team-0/s and in 2 more namespaces: denied by no-updates" in finding.text and finding.blocks
    platforms = Refused(SecretRef("kube-system", "s"), "ValidatingAdmissionPolicy 'aks-managed-x'", platform=True)
    apart = problem("admission-refuses", a_snapshot(rehearsal=Observed((platforms,))))
    assert "kube-system" in apart.text and not apart.blocks
    assert len(findings("admission-refuses", a_snapshot(rehearsal=Observed((*own, platforms))))) == 2
    assert state("admission-refuses", a_snapshot(rehearsal=Observed.unknown("no dry run"))) == "unknown"
