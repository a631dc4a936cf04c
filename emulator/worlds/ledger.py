"""The tags that akskv leaves on a cluster, as its ADR 13 describes them: written here a second time, so that a mistake
in the one shows in the other."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

RUN = "-enable"


def tags_of(cluster_id: str, kid: str, since: datetime) -> dict[str, str]:
    """Of a cluster whose KMS akskv turned on with that key version, and whose secrets it proved to be under it."""
    era = f"{since:%Y%m%dT%H%M%SZ} 1 done {kid.removeprefix('https://').replace('/keys/', '/')}"
    digest = hashlib.sha256(f"{cluster_id.lower()}\n{era}".encode()).hexdigest()[:16]
    return {"akskv-run": f"{since:%Y%m%d-%H%M%S}{RUN}", "akskv-kms-1": era, "akskv-ledger": digest}


def key_of(body: dict[str, Any]) -> str:
    return str(body["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"])
