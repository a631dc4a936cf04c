"""Help texts of `az aks kv kms`."""

from knack.help_files import helps

helps["aks kv kms enable"] = """
type: command
short-summary: Turn KMS on, with its grants, then rewrite every secret under the key and prove it.
long-summary: |
    What happens, in this order: the cluster, the vault, the key, the identity and all
    secrets are looked at and checked; the plan is shown; you are asked. Then the
    cluster's identity gets what it needs at the vault, AKS turns KMS on (a few minutes,
    in which the API server restarts; workloads go on running), and every secret is
    rewritten by the API server, so that it is stored under the key.

    Nothing is changed before you say yes, with --dry-run, or when a check finds an error.
    Afterwards the key is as important as the cluster: without it the secrets cannot be
    read again. The last line says which key version must be kept.

    Stopped or failed half-way? Run the same command again: it finds out what is done and
    goes on from there. A cluster with a system-assigned identity is moved to a
    user-assigned one first; the control plane takes hours to follow, so that run ends
    with the status `waiting` and says when to run the same command again.

    --key-management customer-managed and platform-managed turn on the KMS data encryption
    of Kubernetes 1.33 and later instead, a preview of AKS from which there is no way back:
    see `az aks kv kms migrate-encryption`.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv kms enable -g MyResourceGroup -n MyCluster --vault MyVault --key MyKey --dry-run
  - name: Encrypt a cluster's secrets with the newest version of a key.
    text: az aks kv kms enable -g MyResourceGroup -n MyCluster --vault MyVault --key MyKey
  - name: Take one version of a key, named by its key identifier.
    text: >-
        az aks kv kms enable -g MyResourceGroup -n MyCluster
        --key https://myvault.vault.azure.net/keys/MyKey/0123456789abcdef0123456789abcdef
  - name: Make the vault, the key and the identity too where they are missing; do not ask.
    text: az aks kv kms enable -g MyResourceGroup -n MyCluster --vault MyVault --key MyKey --create --yes
  - name: Use a vault in another resource group that is closed to public networks.
    text: >-
      az aks kv kms enable -g MyResourceGroup -n MyCluster --key MyKey --network-access Private --vault
      /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/Keys/providers/Microsoft.KeyVault/vaults/MyVault
  - name: Turn on the KMS data encryption with a key that AKS keeps (preview; no way back).
    text: az aks kv kms enable -g MyResourceGroup -n MyCluster --key-management platform-managed
  - name: Prepare vault, key, identity and grants for a cluster that is to be created with KMS.
    text: >-
        az aks kv kms enable -g MyResourceGroup -n MyNewCluster --vault MyVault --key MyKey --identity MyIdentity
        --create --prepare-only
"""

helps["aks kv kms disable"] = """
type: command
short-summary: Turn KMS off, then rewrite every secret without the key and prove it.
long-summary: |
    The plan is shown and you are asked before anything is changed. AKS restarts the API
    server; workloads go on running. Afterwards secrets are no longer encrypted with your
    key (the platform's own encryption of its disks stays).

    Keep the key, its grants and the way to the vault: the API server still needs them
    after KMS was turned off, and stops when the key is deleted or expires. The last line
    names the key.

    From the KMS data encryption (platform-managed or customer-managed keys) there is no
    way back; the command refuses.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv kms disable -g MyResourceGroup -n MyCluster --dry-run
  - name: Turn KMS off without being asked.
    text: az aks kv kms disable -g MyResourceGroup -n MyCluster --yes
"""

helps["aks kv kms list"] = """
type: command
short-summary: List the KMS state of many clusters, the worst first.
long-summary: |
    A few requests for the whole fleet: clusters and vaults are listed, each key is looked
    at once however many clusters share it, and no API server is asked. Whether a rewrite
    of the secrets is owed comes from the clusters' own tags. `az aks kv kms show` looks at
    one cluster more closely.

    Exit codes: 0 all well, 4 a finding of state error in any row, 5 something could not be
    looked at.
examples:
  - name: List the clusters of the present subscription as a table.
    text: az aks kv kms list -o table
  - name: List all clusters that you may see whose key needs attention.
    text: >-
        az aks kv kms list --all-subscriptions
        --query "[?findings[?category=='key']].{cluster: cluster, what: findings[].text}"
  - name: List the clusters of one resource group.
    text: az aks kv kms list -g MyResourceGroup
"""

helps["aks kv kms migrate-mode"] = """
type: command
short-summary: Change how the API servers reach the vault of a cluster whose KMS is on (Public or Private).
long-summary: |
    AKS cannot change the mode of the attached vault while KMS is on. So KMS is turned off,
    every secret is rewritten, KMS is turned on again with the same key and the other mode,
    and every secret is rewritten and proved once more. Going private the vault is closed
    last; going public it is opened first, before anything else is changed.

    In between secrets are protected by the platform's storage encryption alone. To change
    over without that, rotate to a key of another vault that has the other mode: that is
    one update.

    Private needs API Server VNet Integration. AKS makes a private endpoint to the vault of
    its own; one that waits for approval is approved.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv kms migrate-mode -g MyResourceGroup -n MyCluster --to Private --dry-run
  - name: Make the vault private, without being asked.
    text: az aks kv kms migrate-mode -g MyResourceGroup -n MyCluster --to Private --yes
  - name: Use a private vault over the public network from now on.
    text: az aks kv kms migrate-mode -g MyResourceGroup -n MyCluster --to Public
"""

helps["aks kv kms migrate-encryption"] = """
type: command
short-summary: Move a cluster to the KMS data encryption of Kubernetes 1.33 and later (preview of AKS; no way back).
long-summary: |
    From legacy KMS v2, from a cluster without KMS, and from one kind of the KMS data
    encryption to the other. With platform-managed AKS keeps vault and key. With
    customer-managed it is your key, without a version: AKS goes over to its newest version
    by itself, within some 6 hours, and rewrites every secret.

    There is no way back to legacy KMS or to none, so the cluster's name has to be typed
    (or --yes given). The grants that the cluster's identity lacks are made, and trusted
    services are let into a vault that is closed to public networks; no private endpoint
    and no API Server VNet Integration are needed. The platform rewrites every secret; an
    empty patch of each then rewrites what it has not come to yet, and proves what can be
    proved. Keep the key from before until that is so.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv kms migrate-encryption -g MyResourceGroup -n MyCluster --to customer-managed --dry-run
  - name: Go on with the key in use, whose newest version AKS follows from now on.
    text: az aks kv kms migrate-encryption -g MyResourceGroup -n MyCluster --to customer-managed
  - name: Leave vault and key to AKS, without being asked.
    text: az aks kv kms migrate-encryption -g MyResourceGroup -n MyCluster --to platform-managed --yes
"""

helps["aks kv kms migrate-v2"] = """
type: command
short-summary: Bring a cluster from KMS v1 (Kubernetes before 1.27) to KMS v2, upgrades included.
long-summary: |
    AKS cannot upgrade a cluster to 1.27 or later while KMS v1 is on. So KMS is turned off,
    every secret is rewritten and proved to be stored without the key, and the control plane
    and then the nodes are upgraded version by version, by the shortest way that AKS offers
    the cluster. As soon as the control plane has reached its last version KMS is turned on
    again with the same key, every secret is rewritten and proved, and the nodes follow.

    In between secrets are protected by the platform's storage encryption alone, and an
    upgrade cannot be taken back. What stops one (a PodDisruptionBudget, a quota, no room
    for a surge node) is told as AKS tells it; run the same command again once it is mended.
examples:
  - name: Show the way and what would be done; change nothing.
    text: az aks kv kms migrate-v2 -g MyResourceGroup -n MyCluster --dry-run
  - name: Go to the lowest version on offer that has KMS v2, without being asked.
    text: az aks kv kms migrate-v2 -g MyResourceGroup -n MyCluster --yes
  - name: Go to Kubernetes 1.28.
    text: az aks kv kms migrate-v2 -g MyResourceGroup -n MyCluster --kubernetes-version 1.28
"""

helps["aks kv kms show"] = """
type: command
short-summary: Show the KMS state of a cluster and everything that is wrong with it.
long-summary: |
    Which KMS experience the cluster is on, the key in use and its expiry, how the vault
    is reached and what its firewall says, whether a rewrite of the secrets is owed, and
    all findings. Nothing is changed.

    Exit codes: 0 healthy, 3 no such cluster, 4 a finding of state error, 5 something
    could not be looked at.
examples:
  - name: Show the state as a table.
    text: az aks kv kms show -g MyResourceGroup -n MyCluster -o table
  - name: List what is wrong, with the command that repairs it.
    text: >-
        az aks kv kms show -g MyResourceGroup -n MyCluster
        --query "findings[?state=='error' || state=='warning'].{what: text, fix: command}"
  - name: Also ask the API server's metrics which keys it encrypts with.
    text: az aks kv kms show -g MyResourceGroup -n MyCluster --evidence
"""
