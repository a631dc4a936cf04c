"""User-assigned managed identities, and their federated credentials, through ARM."""

from __future__ import annotations

import json
from collections.abc import Mapping

from azext_akskv.gateways.answers import Answer, Json, answer
from azext_akskv.gateways.clients import API_VERSIONS, Clients
from azext_akskv.gateways.documents import Change, Documents
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.access import Identity
from azext_akskv.model.federation import (
    SEGMENT,
    FederatedCredential,
    credential_id,
    new_credential,
    parse_credential,
)
from azext_akskv.model.ids import IDENTITY_TYPE, ResourceId
from azext_akskv.model.members import child, text, whole

IDENTITY_VERSIONS = (API_VERSIONS["identities"], "2023-01-31")
"""Newest first; the older one is the first that knows federated credentials for good. [SPEC]"""


class ArmIdentities:
    """Fills ports.Identities."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._documents = Documents(clients, KnownVersions(IDENTITY_VERSIONS), poll_seconds=0.0)  # nothing is polled

    def all(self, subscription: str) -> list[Identity]:
        path = f"/subscriptions/{subscription}/providers/{IDENTITY_TYPE}"
        doing = f"list the identities of the subscription {subscription}"
        return self._documents.all(doing, subscription, path, parse_identity)

    def federated(self, identity: ResourceId) -> list[FederatedCredential]:
        doing = f"list the federated credentials of the identity {identity.name}"
        return self._documents.all(doing, identity.subscription, f"{identity}/{SEGMENT}", parse_credential)

    def federate(self, identity: ResourceId, credential: FederatedCredential) -> None:
        doing = f"make the federated credential {credential.name} of the identity {identity.name}"
        own = credential_id(identity, credential.name)
        self._documents.put_at_once(Change(doing, own, new_credential(credential)))

    def get(self, identity: ResourceId) -> Identity:
        with asking(f"read the identity {identity.name}"):
            identities = self._clients.identities(identity.subscription)
            found: Answer = identities.get(identity.group, identity.name, cls=answer)
            return parse_identity(found.json)

    def create(self, identity: ResourceId, location: str, tags: Mapping[str, str]) -> Identity:
        # This client serialises models or sends bytes as they are.
        body = json.dumps({"location": location, "tags": dict(tags)}).encode()
        with asking(f"create the identity {identity.name}"):
            identities = self._clients.identities(identity.subscription)
            made: Answer = identities.create_or_update(identity.group, identity.name, body, cls=answer)
            return parse_identity(made.json)


def parse_identity(raw: Json) -> Identity:
    """Raises BadInput when the JSON is not an identity."""
    properties = child(whole(raw), "properties")
    return Identity(
        id=ResourceId.parse(text(raw, "id")),
        principal_id=text(properties, "principalId"),
        client_id=text(properties, "clientId"),
        location=text(raw, "location"),
        tenant=text(properties, "tenantId"),
    )
