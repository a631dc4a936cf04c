"""Which requests could change something: all but GET, and but the four that only look although their method says more.
[ADR 9]"""

from __future__ import annotations

ONLY_LOOKS = (
    "/listclusterusercredential",
    "/microsoft.policyinsights/checkpolicyrestrictions",
    "/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "dryrun=all",
)
"""Parts of a URL: the cluster's credentials, which no GET gives; what Azure Policy would say; what the caller may do in
the cluster; and a patch that the API server does not carry out."""

CHANGING = f"^(?!.*(?:{'|'.join(ONLY_LOOKS)}))"
"""The same as a pattern for the path of a fault, whose method is PUT|PATCH|POST|DELETE."""


AT_WORK = "/leases/akskv-run"
"""The Lease by which a run is known to be at work; whatever it says, nothing else goes another way."""


def may_change(method: str, url: str) -> bool:
    return method != "GET" and not any(part in url.lower() for part in ONLY_LOOKS)
