"""An object of those by which secrets are copied, as it stands in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import child, text
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Ref
from azext_akskv.model.mounts.manifests.standing import managed_by
from azext_akskv.model.mounts.secret_class import ObjectList, parse_class
from azext_akskv.model.secret_store.manifests import essence_of_class, essence_of_sync
from azext_akskv.model.secret_store.sync import parse_sync


@dataclass(frozen=True)
class Standing:
    """`raw`: as the API server has it, for manifests.change_of. `uid` and `version` name it and its state. `managed`:
    who would put it back, empty where nobody is known to. `essence`: see manifests.differences."""

    ref: Ref
    uid: str
    version: str
    raw: Json = field(repr=False, hash=False, compare=False)
    essence: Mapping[str, str] = field(repr=False, hash=False)
    managed: str = ""


def standing_of(ref: Ref, raw: Mapping[str, Any], objects: ObjectList) -> Standing:
    """`objects`: what `parameters.objects` of a class came to. Raises BadInput."""
    metadata = child(raw, "metadata")
    uid, version = text(metadata, "uid"), text(metadata, "resourceVersion")
    if not uid or not version:
        raise BadInput(f"{ref} has no {'resourceVersion' if uid else 'uid'}")
    essence: Mapping[str, str] = {}
    if ref.kind is Kind.CLASS:
        essence = essence_of_class(parse_class(raw, objects))
    elif ref.kind is Kind.SYNC:
        essence = essence_of_sync(parse_sync(raw))
    return Standing(ref, uid, version, dict(raw), essence, managed_by(metadata))
