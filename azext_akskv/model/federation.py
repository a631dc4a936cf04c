"""Federated credentials: which tokens Entra takes for those of a user-assigned identity."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from azext_akskv.model.access import Identity
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, text, texts, whole

AUDIENCE = "api://AzureADTokenExchange"
"""What the tokens are for that the provider gets of the cluster. [D]"""
MOST = 20
"""How many an identity may have. [D]"""
SEGMENT = "federatedIdentityCredentials"


@dataclass(frozen=True)
class FederatedCredential:
    """Issuer, subject and audience must equal those of a token to the letter, its case included. [D]"""

    name: str
    issuer: str
    subject: str
    audiences: tuple[str, ...] = (AUDIENCE,)
    expression: str = ""
    """Claims are matched by it where there is no subject: then whose tokens are taken is not told here. [SPEC]"""

    def takes(self, issuer: str, subject: str, audience: str = AUDIENCE) -> bool:
        return (self.issuer, self.subject) == (issuer, subject) and audience in self.audiences


def subject_of(namespace: str, service_account: str) -> str:
    """How tokens name a service account. [D]"""
    return f"system:serviceaccount:{namespace}:{service_account}"


def credential_name(issuer: str, subject: str) -> str:
    """The same name for the same issuer and subject, so that a credential is never made twice. [OWN]"""
    return f"akskv-{hashlib.sha256(f'{issuer} {subject}'.encode()).hexdigest()[:16]}"


def credential_id(identity: ResourceId, name: str) -> ResourceId:
    return ResourceId(identity.subscription, identity.group, f"{identity.type}/{SEGMENT}", (*identity.names, name))


def parse_credential(raw: Json) -> FederatedCredential:
    """Raises BadInput when the JSON is not a federated credential."""
    properties = child(whole(raw), "properties")
    return FederatedCredential(
        text(raw, "name"),
        text(properties, "issuer"),
        text(properties, "subject"),
        tuple(texts(properties, "audiences")),
        text(child(properties, "claimsMatchingExpression"), "value"),
    )


def new_credential(credential: FederatedCredential) -> Json:
    """The body that makes it."""
    properties = {
        "issuer": credential.issuer,
        "subject": credential.subject,
        "audiences": list(credential.audiences),
    }
    return {"properties": properties}


def with_client_id(identities: Collection[Identity], client_id: str) -> Identity | None:
    """The identity that a client id stands for; one that is not among them may be an application's, or lie in a
    subscription that is not seen."""
    wanted = client_id.strip().lower()
    return next((each for each in identities if wanted and each.client_id.lower() == wanted), None)
