"""The tags that runs leave on what they change or make, so that any machine can tell afterwards what was ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

RUN_TAG = "akskv-run"
"""The id of the run that last changed the cluster's KMS profile, or that made a vault, a key or an identity."""

IDENTITY_SINCE_TAG = "akskv-identity-since"
"""When a run of ours changed the cluster's identity: the service's time, ISO 8601."""


def changed_by(tags: Mapping[str, str], flow: str) -> bool:
    """Whether the last change of KMS that is tagged was made by a run of this flow (20261122-144501-enable[-2])."""
    return bool(re.search(rf"-{re.escape(flow)}(-\d+)?$", tags.get(RUN_TAG, "")))


def identity_since(tags: Mapping[str, str]) -> datetime | None:
    """When the cluster's identity was changed; None when no run of ours did, or somebody spoiled the tag."""
    try:
        since = datetime.fromisoformat(tags.get(IDENTITY_SINCE_TAG, ""))
    except ValueError:
        return None
    return since if since.tzinfo else None
