"""The same results for `-o table`: the few columns that a person reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

from azext_akskv.report.short import short

Row = dict[str, Any]


def change_table(result: Row) -> list[Row]:
    """One line a step; the findings are told on stderr. A change that was refused before its plan has none."""
    return [
        {
            "Step": step["title"],
            "State": step["state"],
            "Seconds": step["seconds"] or "",
            "Detail": short(step["detail"]),
        }
        for step in result["steps"]
    ] or [_status(result)]


def rewrite_table(result: Row) -> list[Row]:
    """The rewrite's figures; before there are any, what became of the command."""
    secrets = result["secrets"]
    if not secrets:
        return [_status(result)]
    return [
        {
            **_status(result),
            "Secrets": secrets["total"],
            "Rewritten": secrets["rewritten"],
            "Current": secrets["current"],
            "Gone": secrets["gone"],
            "Refused": len(secrets["refused"]) + len(secrets["refusedByPlatform"]),
            "Proved": _yes_no(secrets["proved"]),
            "Seconds": secrets["seconds"],
        }
    ]


def _status(result: Row) -> Row:
    return {"Flow": result["flow"], "Run": result["run"] or "", "Status": result["status"]}


def state_table(state: Row) -> list[Row]:
    """One line: what the cluster's secrets are encrypted with, and whether something is owed or wrong."""
    key, network = state["key"] or {}, state["networkAccess"]
    return [
        {
            "Cluster": state["cluster"],
            "Kubernetes": state["kubernetesVersion"] or "?",
            "Experience": state["experience"] or "?",
            "Key": "/".join(filter(None, [key.get("vault"), key.get("name"), (key.get("version") or "")[:8]])) or "-",
            "Expires": (key.get("expires") or "-")[:10],
            "Access": network["declared"] or "-",
            "Firewall": network["vault"] or "-",
            "RewriteOwed": _yes_no(state["rewriteOwed"]),
            "Findings": _findings(state["findings"]),
        }
    ]


def fleet_table(states: list[Row]) -> list[Row]:
    """One line a cluster, the worst first; what is wrong stands in the last column by its codes."""
    return [
        {
            **{name: value for name, value in state_table(state)[0].items() if name != "Findings"},
            "Group": state["resourceGroup"],
            "Findings": ", ".join(dict.fromkeys(each["code"] for each in state["findings"])) or "none",
        }
        for state in states
    ]


def _findings(findings: list[Row]) -> str:
    states = Counter(finding["state"] for finding in findings)
    return ", ".join(f"{states[state]} {state}" for state in ("error", "unknown", "warning") if states[state]) or "none"


def _yes_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def diagnosis_table(result: Row) -> list[Row]:
    """One line a finding that is neither fine nor beside the point; without any, what there is."""
    columns = {"Last": "last", "Node": "node", "Vault": "vault", "Object": "object"}
    told = [each for each in result["findings"] if each["state"] in ("error", "unknown", "warning")]
    rows = []
    for finding in told or result["findings"]:
        evidence = finding["evidence"] or {}
        row = {"Category": finding["category"], "State": finding["state"], "Code": finding["code"]}
        row |= {"Count": evidence.get("count", "")}
        row |= {column: evidence.get(key) or "-" for column, key in columns.items()}
        rows.append(row | {"Pods": ", ".join(evidence.get("pods", ())) or "-"})
    return rows


def runs_table(runs: list[Row]) -> list[Row]:
    """One line a run, the newest first."""
    return [
        {
            "Run": run["run"],
            "Cluster": run["cluster"],
            "Status": run["status"],
            "Started": run["started"][:19].replace("T", " "),
            "By": run["caller"],
            "Left": ", ".join(run["left"]) or "-",
        }
        for run in runs
    ]


def run_table(run: Row) -> list[Row]:
    return runs_table([run])


def journal_table(run: Row) -> list[Row]:
    """The run's journal, line by line."""
    return [
        {
            "At": line["at"][:19].replace("T", " "),
            "Event": line["event"],
            "Step": line.get("step", ""),
            "Detail": short(line.get("detail") or line.get("why") or ""),
        }
        for line in run["lines"]
    ]


def provider_table(result: Row) -> list[Row]:
    """One line a class; without any, what is installed."""
    if not result["classes"]:
        addon = result["addon"] or {}
        rotation = (addon.get("rotationInterval") or "-") if addon.get("rotation") else "off"
        client = (addon.get("identity") or {}).get("clientId") or "-"
        row = {"Cluster": result["cluster"], "Installation": result["installation"] or "?", "Rotation": rotation}
        return [row | {"ClientId": client, "Findings": _findings(result["findings"])}]
    return [_class(each) for each in result["classes"]]


def _class(each: Row) -> Row:
    pods = each["pods"]
    return {
        "Namespace": each["namespace"],
        "Class": each["name"],
        "Vault": each["vault"] or "-",
        "ReadsAs": each["readsAs"] or "?",
        "ClientId": each["clientId"] or "-",
        "Objects": len(each["objects"]),
        "Mounted": "?" if pods is None else f"{sum(pod['mounted'] is True for pod in pods)} of {len(pods)}",
        "Secrets": ", ".join(secret["name"] for secret in each["secrets"]) or "-",
    }
