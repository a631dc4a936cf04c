"""User-assigned managed identities through ARM."""

from __future__ import annotations

import json
from collections.abc import Mapping

from azext_akskv.gateways.answers import Answer, Json, answer
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.model.access import Identity
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import child, text, whole


class ArmIdentities:
    """Fills ports.Identities."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

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
