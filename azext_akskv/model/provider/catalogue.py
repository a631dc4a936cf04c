"""All causes by slug, in the order in which the pages list them."""

from __future__ import annotations

from azext_akskv.model.provider import causes_driver, causes_identity, causes_spc, causes_vault
from azext_akskv.model.provider.cause import Cause

CATALOGUE: dict[str, Cause] = {
    cause.slug: cause
    for causes in (causes_driver.CAUSES, causes_spc.CAUSES, causes_identity.CAUSES, causes_vault.CAUSES)
    for cause in causes
}
