"""What a command gives back on stdout: the keys that users script against, all of them always there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from azext_akskv.engine.result import EXIT_DONE, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_UNKNOWN, Result
from azext_akskv.engine.step import Rewrite
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.kube import Refused
from azext_akskv.model.probe import ProbeReport
from azext_akskv.model.state import KeyState, KmsState, PreviousKey
from azext_akskv.report.links import page_of
from azext_akskv.report.plain import plain
from azext_akskv.report.text import keep_of

Row = dict[str, Any]


def change_row(result: Result) -> Row:
    """A change; `secrets` is null when the run did not come to the rewrite."""
    return {
        "flow": result.flow,
        "run": plain(result.run) or None,
        "status": result.status,
        "steps": [
            {
                "code": step.code,
                "title": plain(step.title),
                "state": step.state,
                "seconds": round(step.seconds, 1),
                "detail": plain(step.detail),
            }
            for step in result.steps
        ],
        "findings": [finding_row(finding) for finding in result.findings],
        "keep": [plain(each) for each in (*keep_of(result), *result.may_go)],
        "secrets": rewrite_row(result.rewrite) if result.rewrite else None,
    }


def link_row(result: Result) -> Row:
    """Of fix-privatelink: also what the nodes saw, and what is for others to do."""
    row = change_row(result)
    del row["secrets"]
    return row | {
        "proofs": [_proof(subnet, report) for subnet, report in sorted(result.proofs.items())],
        "handOver": [{"text": plain(words), "command": plain(command)} for words, command in result.hand_over],
    }


def _proof(subnet: str, report: ProbeReport) -> Row:
    return {
        "subnet": plain(subnet),
        "pool": plain(report.pool),
        "node": plain(report.node),
        "names": [plain(each) for each in report.names],
        "addresses": [plain(each) for each in report.addresses],
        "connection": plain(report.connection) or None,
        "certificate": plain(report.certificate) or None,
        "status": report.status,
        "networkInfo": plain(report.network_info) or None,
    }


def finding_row(finding: Finding) -> Row:
    return {
        "code": finding.code,
        "category": finding.category,
        "state": finding.state.value,
        "text": plain(finding.text),
        "why": plain(finding.why),
        "command": plain(finding.command),
        "url": finding.url or page_of(finding.category),
    }


def rewrite_row(rewrite: Rewrite) -> Row:
    tally = rewrite.tally
    return {
        "total": tally.total,
        "rewritten": tally.rewritten,
        "current": tally.current,
        "gone": tally.gone,
        "conflictsResolved": tally.conflicts_resolved,
        "refused": [_refused(each) for each in tally.refused if not each.platform],
        "refusedByPlatform": [_refused(each) for each in tally.refused if each.platform],
        "seconds": round(rewrite.seconds, 1),
        "proved": rewrite.proved,
        "why": plain(rewrite.why),
    }


def _refused(refused: Refused) -> Row:
    secret = refused.secret
    return {"namespace": plain(secret.namespace), "name": plain(secret.name), "reason": plain(refused.reason)}


def state_row(state: KmsState) -> Row:
    """The KMS state of one cluster; null is never a guess: a finding says what could not be looked at."""
    return {
        "cluster": plain(state.cluster.name),
        "resourceGroup": plain(state.cluster.group),
        "kubernetesVersion": plain(state.kubernetes_version) if state.kubernetes_version else None,
        "experience": state.experience.value if state.experience else None,
        "key": _key(state.key) if state.key else None,
        "previousKeys": [_previous(each) for each in state.previous_keys],
        "networkAccess": {
            "declared": plain(state.declared) if state.declared else None,
            "vault": state.vault_openness.value if state.vault_openness else None,
        },
        "rewriteOwed": state.rewrite_owed,
        "findings": [finding_row(finding) for finding in state.findings],
    }


def fleet_rows(states: Sequence[KmsState]) -> list[Row]:
    """As of `kms show`, with the subscription; of the findings those that say that something is not well."""
    told = (State.ERROR, State.UNKNOWN, State.WARNING)
    return [
        {
            **state_row(replace(state, findings=tuple(each for each in state.findings if each.state in told))),
            "subscription": plain(state.cluster.subscription),
        }
        for state in states
    ]


def exit_code_of_fleet(states: Sequence[KmsState], gaps: Sequence[str]) -> int:
    """Of `kms list`: an error in any row, else something that could not be looked at."""
    codes = {exit_code_of(state) for state in states} | ({EXIT_UNKNOWN} if gaps else set())
    return next((code for code in (EXIT_REFUSED, EXIT_NOT_FOUND, EXIT_UNKNOWN) if code in codes), EXIT_DONE)


def exit_code_of(state: KmsState) -> int:
    """Of `kms show`: the cluster is not there, else something is wrong, else something could not be looked at."""
    if any(finding.code == "cluster-missing" and finding.state is State.ERROR for finding in state.findings):
        return EXIT_NOT_FOUND
    if any(finding.state is State.ERROR for finding in state.findings):
        return EXIT_REFUSED
    return EXIT_UNKNOWN if any(finding.state is State.UNKNOWN for finding in state.findings) else EXIT_DONE


def _key(key: KeyState) -> Row:
    return {
        "id": str(key.id),
        "vault": key.id.vault_name,
        "name": key.id.name,
        "version": key.id.version,
        "enabled": key.enabled,
        "expires": _time(key.expires),
        "newestVersion": key.newest,
    }


def _previous(key: PreviousKey) -> Row:
    return {
        "id": str(key.id),
        "since": _time(key.since),
        "until": _time(key.until),
        "mayRetire": key.may_retire,
        "why": plain(key.why),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
