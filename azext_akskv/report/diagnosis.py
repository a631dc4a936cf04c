"""What `diagnose` found out about a cluster: as data, and as a story by category."""

from __future__ import annotations

from collections.abc import Iterable

from azext_akskv.engine.result import EXIT_DONE, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_UNKNOWN
from azext_akskv.model.diagnosed import Diagnosed
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.provider.remedy import Place
from azext_akskv.report.provider import reading_row
from azext_akskv.report.rows import Row, finding_row
from azext_akskv.report.text import EVERY, SHOWN, Line, counted, finding_lines


def diagnosed_row(found: Diagnosed) -> Row:
    """As of texts (report/provider): what a line proves has that line beside it, other findings have none."""
    told = reading_row(found.reading, Place(found.target.group, found.target.name))
    proofs = {each: row["evidence"] for each, row in zip(found.caused, told["findings"], strict=False)}
    rows = [finding_row(each) | {"evidence": proofs.get(each)} for each in found.all]
    return {
        "cluster": told["cluster"],
        "resourceGroup": told["resourceGroup"],
        "namespace": found.namespace,
        "read": told["read"],
        "findings": rows,
    }


def diagnosed_lines(found: Diagnosed, verbose: bool) -> list[Line]:
    """A head, and under each category that has any what is wrong there."""
    lines = [Line("", f"Looked at {found.target.name}, {counted(found.all)}")]
    for area in found.areas:
        own = finding_lines([each for each in found.all if each.category == area], EVERY if verbose else SHOWN)
        lines += [Line("", ""), Line("", area), *own] if own else []
    return lines


def exit_code_of_findings(findings: Iterable[Finding]) -> int:
    """The cluster is not there, else something is wrong, else something could not be looked at."""
    found = tuple(findings)
    if any(finding.code == "cluster-missing" and finding.state is State.ERROR for finding in found):
        return EXIT_NOT_FOUND
    states = {finding.state for finding in found}
    return EXIT_REFUSED if State.ERROR in states else EXIT_UNKNOWN if State.UNKNOWN in states else EXIT_DONE
