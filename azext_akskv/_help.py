"""Help texts of `az aks kv`."""

from knack.help_files import helps

# They add the texts of `kms` and of `secrets-provider`.
from azext_akskv import _help_kms, _help_provider  # noqa: F401  # pylint: disable=unused-import  # see above

helps["aks kv"] = """
type: group
short-summary: Keep the secrets of AKS clusters safe with keys from Azure Key Vault.
long-summary: |
    Each command looks first, says what it will do, asks, does it step by step, and proves
    the result. It can be stopped at any moment: the same command goes on where it
    stopped, also from another machine. Values of secrets never leave the API server.
"""

helps["aks kv kms"] = """
type: group
short-summary: Encrypt a cluster's secrets in etcd with a Key Vault key (KMS).
"""

helps["aks kv reencrypt"] = """
type: command
short-summary: Rewrite every secret, so that it is stored under the present key, and prove it.
long-summary: |
    Each secret gets an empty patch: the API server writes it again if it is stored under
    another key, and leaves it alone if it is not. Its value never leaves the API server.
    Where the API server cannot be reached, as that of a private cluster, kubectl does it in
    a pod of the cluster, as with `az aks command invoke`: then no value leaves the cluster.
    A secret that somebody else is changing at the same moment is tried again.

    The result counts as proved when each secret was written after the last change of the
    key, or when the API servers' own metrics say that all of them write under the present
    key. Otherwise `proved` is false and `why` says what would prove it.
examples:
  - name: Rewrite every secret.
    text: az aks kv reencrypt -g MyResourceGroup -n MyCluster
  - name: Rewrite the secrets of two namespaces, at most 20 a second.
    text: az aks kv reencrypt -g MyResourceGroup -n MyCluster --namespace team-a team-b --max-rate 20
  - name: Rewrite the secrets of a private cluster from inside it.
    text: az aks kv reencrypt -g MyResourceGroup -n MyCluster --via run-command
  - name: Prove that nothing is stored under an older key, without being asked.
    text: az aks kv reencrypt -g MyResourceGroup -n MyCluster --prove-only --query secrets.proved
"""

helps["aks kv rotate"] = """
type: command
short-summary: Put another key in, rewrite every secret under it and prove it, and say which older key may go.
long-summary: |
    The API servers hold two keys: the present one and the one before it. So a second
    rotation before every secret was rewritten after the first makes secrets unreadable.
    While a rewrite is owed this command finishes it, says so and stops; run it again to
    rotate.

    Without --key it takes the newest enabled version of the key in use, or has the vault
    make one with the same attributes. A vault that does not answer you gets a key of
    another name through Azure Resource Manager, because only the vault itself makes
    further versions.

    The key from before must stay enabled and undeleted until the next rotation is done.
    What may go is said at the end, and by `az aks kv kms show`; nothing is ever deleted.

    On a cluster with the KMS data encryption and a key of yours it makes a newer version and
    ends in `waiting`: AKS goes over to it by itself, within some 6 hours. Where the key is
    the platform's there is nothing to rotate.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv rotate -g MyResourceGroup -n MyCluster --dry-run
  - name: Rotate to a newer version of the key, making one if there is none, without being asked.
    text: az aks kv rotate -g MyResourceGroup -n MyCluster --yes
  - name: Rotate to another key of the same vault.
    text: az aks kv rotate -g MyResourceGroup -n MyCluster --key MyOtherKey
  - name: Rotate to a key of another vault.
    text: >-
        az aks kv rotate -g MyResourceGroup -n MyCluster
        --key https://myothervault.vault.azure.net/keys/MyKey/0123456789abcdef0123456789abcdef
"""

helps["aks kv fix-privatelink"] = """
type: command
short-summary: Repair what is missing between the nodes and a vault's private endpoint, and prove it from inside.
long-summary: |
    For pods that are refused with ForbiddenByConnection: the vault's private endpoint is in
    another virtual network than the nodes, or its name leads to the public network. Looks
    at the endpoint, the private DNS zone with its record and links, and the peerings on both
    sides; makes what is missing: zone, record, links, peerings, and with --approve the
    approval.

    What a person has to decide is named with the command for it, and nothing is changed
    then: address spaces that overlap, security groups, routes, DNS servers of your own, a
    rejected endpoint, two endpoints with one record, a hub. What you have no right to is
    left to others, as a text to send to them; run the command again afterwards.

    Before and after it a pod with the node's network looks from one node of each subnet:
    at the name, TCP 443, the certificate, and how the vault sees the request come. The pod
    ends by itself and is deleted. A vault's settings are never changed.
examples:
  - name: Show what is missing and what would be made; change nothing.
    text: az aks kv fix-privatelink -g MyResourceGroup -n MyCluster --vault myvault --dry-run
  - name: Repair and prove, without being asked, and draw what there is.
    text: az aks kv fix-privatelink -g MyResourceGroup -n MyCluster --vault myvault --yes --diagram vault.mmd
  - name: Approve the endpoint, too, and leave the peerings to the network team.
    text: az aks kv fix-privatelink -g MyResourceGroup -n MyCluster --vault myvault --approve --skip-peering
"""

helps["aks kv diagnose"] = """
type: command
short-summary: Name the causes why Key Vault secrets are not mounted in pods, and what else is wrong. Changes nothing.
long-summary: |
    Looks at the cluster's KMS, at the private links to its vaults, and at the Key Vault
    provider for the Secrets Store CSI driver: add-on, driver and provider pods, events, logs,
    and every SecretProviderClass against vaults, objects, identities, grants and networks as
    they are. Names each cause in words and by its number in the troubleshooting articles (on
    the provider, and on the add-on, which count differently), with the line that proves it
    and the command to paste. What is secret in a line is not shown, and no value of a secret
    is read. An error that it does not know it says to be unknown.

    With --logs it reads files instead: logs of provider and driver, events of pods, `kubectl
    describe pod`, metrics, or a page that quotes them, in whatever language the frame is.
    Azure and the cluster are asked nothing then, and no login is needed. Read logs
    unfiltered: the usual `grep ^E` drops the lines in which newer providers tell the cause.

    The exit code is 4 when something is wrong that is not healed, 5 when something could not
    be looked at, 3 when the cluster is not there, else 0.
examples:
  - name: Look at everything.
    text: az aks kv diagnose -g MyResourceGroup -n MyCluster
  - name: Look at the secrets provider of one namespace only.
    text: az aks kv diagnose -g MyResourceGroup -n MyCluster --category provider --namespace shop
  - name: Name the causes that a saved log tells of.
    text: az aks kv diagnose --logs provider.log driver.log
  - name: Read from standard input, behind `kubectl get events --all-namespaces -o json |`.
    text: az aks kv diagnose --logs - -o table
  - name: Fill in the commands with the names of a cluster; show only them.
    text: az aks kv diagnose --logs provider.log -g MyResourceGroup -n MyCluster --query "findings[].command"
"""

helps["aks kv operation"] = """
type: group
short-summary: See what was done from this machine, and what is unfinished.
"""

helps["aks kv operation list"] = """
type: command
short-summary: List the runs in this machine's journal, the newest first.
examples:
  - name: List all runs, with what each has left to do.
    text: az aks kv operation list -o table
  - name: List the unfinished runs of one cluster.
    text: >-
        az aks kv operation list -g MyResourceGroup -n MyCluster
        --query "[?status=='failed' || status=='interrupted' || status=='waiting'].run"
"""

helps["aks kv operation show"] = """
type: command
short-summary: Show everything that the journal holds of one run.
long-summary: |
    Who ran it and when, what the cluster's KMS settings were before, what the steps found
    out, the addresses of Azure's operations and its correlation ids, and what is left to
    do.
examples:
  - name: Show the latest run against a cluster.
    text: az aks kv operation show -g MyResourceGroup -n MyCluster
  - name: Show one run, line by line.
    text: az aks kv operation show --run 20261123-144501-enable -o table
"""

helps["aks kv operation abandon"] = """
type: command
short-summary: Give up an unfinished run, which will then not be continued.
long-summary: |
    Nothing in Azure or in the cluster changes: what the run did stays done, and what the
    journal knows stays readable. Before you delete or expire a key that the run used,
    look at `az aks kv kms show`.
examples:
  - name: Give up the unfinished run of a cluster.
    text: az aks kv operation abandon -g MyResourceGroup -n MyCluster
  - name: Give up one run without being asked.
    text: az aks kv operation abandon --run 20261123-144501-enable --yes
"""
