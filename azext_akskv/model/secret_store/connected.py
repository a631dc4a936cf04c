"""An Arc-enabled cluster as ARM has it: whether it is there, what it runs, and who issues its accounts' tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azext_akskv.model.ids import BadInput, ResourceId, in_short
from azext_akskv.model.members import Json, child, flag, text, whole
from azext_akskv.model.shell import shell
from azext_akskv.model.times import parse_time
from azext_akskv.model.upgrade import numbers

CONNECTED_TYPE = "Microsoft.Kubernetes/connectedClusters"
CONNECTED, OFFLINE, EXPIRED = "connected", "offline", "expired"
"""Of `connectivityStatus`, in lower case; there are also connecting and agentNotInstalled. [SPEC]"""
LEAST_AGENT = (1, 21)
"""Of the Arc agents, for workload identity federation. [D: Secret Store extension]"""
LEAST_KUBERNETES = (1, 27)
"""[SEED, D]"""
SELF_HOSTED = frozenset({"aks", "eks", "gke"})
"""Distributions that have an issuer of their own, which has to be named when the issuer is turned on. [CLI]"""


@dataclass(frozen=True)
class ArcIssuer:
    """Who issues the tokens of service accounts. `url` is empty until Arc has made it; its slash at the end belongs to
    it [D]. `self_hosted`: one that the cluster had before, empty where Arc hosts it."""

    enabled: bool = False
    url: str = ""
    self_hosted: str = ""

    @property
    def pending(self) -> bool:
        """Turned on, and not there yet: the agents have not told Arc of it."""
        return self.enabled and not self.in_force

    @property
    def in_force(self) -> str:
        """What tokens and federated credentials have to name; empty: there is none yet."""
        return self.self_hosted or self.url


@dataclass(frozen=True)
class ConnectedCluster:
    """Versions, states and names are as ARM writes them, empty where it tells none. `principal_id`: of the identity
    that the agents work as. `last_seen`: when they last reached Azure, in UTC."""

    id: ResourceId
    location: str
    provisioning_state: str = ""
    connectivity: str = ""
    agent_version: str = ""
    agent_state: str = ""
    """Of the last change of the agents: Succeeded, Failed and what lies between. [CLI]"""
    kubernetes_version: str = ""
    distribution: str = ""
    infrastructure: str = ""
    kind: str = ""
    """ProvisionedCluster for those that Azure Local makes, which turn their issuer on elsewhere. [SPEC]"""
    issuer: ArcIssuer = ArcIssuer()
    workload_identity: bool = False
    principal_id: str = ""
    last_seen: datetime | None = None

    @property
    def connected(self) -> bool:
        return self.connectivity.lower() == CONNECTED

    @property
    def old_agent(self) -> bool | None:
        """Too old for federation; None: the agents have told no version yet."""
        return _below(self.agent_version, LEAST_AGENT)

    @property
    def old_kubernetes(self) -> bool | None:
        """Too old for the extension; None: the agents have told no version yet."""
        return _below(self.kubernetes_version, LEAST_KUBERNETES)

    @property
    def needs_self_hosted(self) -> bool:
        """Its issuer cannot be turned on without naming the one it has. [CLI]"""
        return self.distribution.lower() in SELF_HOSTED and not self.issuer.self_hosted


def connected_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, CONNECTED_TYPE, (name,))


def parse_connected(raw: Json) -> ConnectedCluster:
    """Raises BadInput when the JSON is not an Arc-enabled cluster."""
    own = ResourceId.parse(text(whole(raw), "id"))
    if not own.is_a(CONNECTED_TYPE):
        raise BadInput(f"not an Arc-enabled cluster: {in_short(str(own))}")
    properties = child(raw, "properties")
    issuer = child(properties, "oidcIssuerProfile")
    security = child(properties, "securityProfile")
    return ConnectedCluster(
        id=own,
        location=text(raw, "location"),
        provisioning_state=text(properties, "provisioningState"),
        connectivity=text(properties, "connectivityStatus"),
        agent_version=text(properties, "agentVersion"),
        agent_state=text(child(properties, "arcAgentProfile"), "agentState"),
        kubernetes_version=text(properties, "kubernetesVersion"),
        distribution=text(properties, "distribution"),
        infrastructure=text(properties, "infrastructure"),
        kind=text(raw, "kind"),
        issuer=ArcIssuer(
            flag(issuer, "enabled") is True, text(issuer, "issuerUrl"), text(issuer, "selfHostedIssuerUrl")
        ),
        workload_identity=flag(child(security, "workloadIdentity"), "enabled") is True,
        principal_id=text(child(raw, "identity"), "principalId"),
        last_seen=parse_time(text(properties, "lastConnectivityTime")),
    )


def issuer_command(cluster: ConnectedCluster, self_hosted: str = "") -> str:
    """What turns the issuer on: a command to paste, for somebody whose kubectl reaches the cluster as its
    administrator.

    It is not sent to ARM here. ARM's PATCH has no room for the issuer [SPEC]; `az connectedk8s update` puts the whole
    resource, then installs the agents' chart anew with helm through the user's kubeconfig, and waits up to 15 minutes
    for the agents' state [CLI]. A PUT without the second half would leave a cluster of which ARM says that it has an
    issuer while its agents know of none, and a PUT of a whole resource is also where a newer member gets lost. So only
    that command is safe, and who runs it sees that agents restart. [OWN]

    `self_hosted`: the issuer that a managed cluster of another provider has. The option for workload identity is left
    out: the extension needs only the issuer. [D, unlike SEED]
    """
    own = cluster.id
    named = ("--self-hosted-issuer", self_hosted or "<ISSUER_URL>") if self_hosted or cluster.needs_self_hosted else ()
    return shell(
        *("az", "connectedk8s", "update", "--subscription", own.subscription, "-g", own.group, "-n", own.name),
        "--enable-oidc-issuer",
        *named,
    )


def _below(version: str, least: tuple[int, int]) -> bool | None:
    told = numbers(version)
    return told[:2] < least if len(told) > 1 else None
