"""Help texts of `az aks kv secrets-provider`."""

from knack.help_files import helps

helps["aks kv secrets-provider"] = """
type: group
short-summary: Mount secrets, keys and certificates of a key vault in pods, with the add-on of AKS.
long-summary: |
    From nothing to a mounted secret: `enable` turns the Azure Key Vault provider for the
    Secrets Store CSI driver on, `grant` lets an identity read in a vault, `generate`
    writes the SecretProviderClass and a pod that mounts it, and `verify` watches the
    mount. `show` tells what there is. No value of a secret is ever read.
"""

helps["aks kv secrets-provider enable"] = """
type: command
short-summary: Turn the add-on of the secrets provider on, and see that the nodes have its identity.
long-summary: |
    The cluster and its nodes are looked at and checked, the plan is shown, and you are
    asked. AKS then starts a pod of the driver and one of the provider on each node, and
    makes an identity for them in the cluster's node resource group. Pods go on running;
    the API server is not restarted. Every scale set of nodes is looked at afterwards, and
    given the identity where it lacks it: without it each mount fails with `Identity not
    found`.

    With --rotation-interval what is mounted is read again so often; on an add-on that is
    on, that alone is changed. The first read with the new interval begins after the
    driver's pods have been replaced.

    The identity may read nothing yet: `az aks kv secrets-provider grant` gives it rights.
examples:
  - name: Show what would be done; change nothing.
    text: az aks kv secrets-provider enable -g MyResourceGroup -n MyCluster --dry-run
  - name: Turn the add-on on, and read what is mounted again every five minutes.
    text: az aks kv secrets-provider enable -g MyResourceGroup -n MyCluster --rotation-interval 5m
"""

helps["aks kv secrets-provider grant"] = """
type: command
short-summary: Let an identity read secrets, keys or certificates of a vault, with the least rights.
long-summary: |
    What the vault goes by decides what is given: with Azure RBAC the role Key Vault
    Secrets User for secrets, Key Vault Certificate User for keys and certificates; with
    access policies the permission get for each type. What the identity has is kept and
    not given twice.

    Without --identity it is the identity that AKS made for the add-on. Another one is
    also given to the nodes of every scale set, because that is where the provider takes
    it from; then every pod that may use a SecretProviderClass can read as it. With
    --service-account only pods of that service account can: Entra is told to take the
    tokens of the cluster for it (a federated credential), and the nodes get nothing.

    New roles take up to ten minutes until a vault knows them; pods that mount before
    that try again by themselves.
examples:
  - name: Let the add-on's identity read the secrets of a vault.
    text: az aks kv secrets-provider grant -g MyResourceGroup -n MyCluster --vault MyVault
  - name: Look whether two secrets and a certificate are there, and allow to read them.
    text: >-
        az aks kv secrets-provider grant -g MyResourceGroup -n MyCluster --vault MyVault
        --secrets db-password api-token --certificates shop-tls
  - name: Let only pods of one service account read, as an identity of yours.
    text: >-
        az aks kv secrets-provider grant -g MyResourceGroup -n MyCluster --vault MyVault
        --identity MyIdentity --service-account shop --namespace shop
"""

helps["aks kv secrets-provider generate"] = """
type: command
short-summary: Make a SecretProviderClass, and what mounts it, out of what is in a vault.
long-summary: |
    Prints YAML for `kubectl apply`: names, tenant, cloud and identity are looked up in
    Azure, the objects in the vault. The cluster's API server is asked nothing. What would
    not mount yet is said on stderr; where the YAML could only be wrong there is none, and
    the command leaves with 3, 4 or 5.

    With --apply it is written to the cluster: first what is there is compared, and the
    plan is shown. What is the same is left as it is. What differs stops the command with
    what differs; --accept manifest-differs changes those fields alone. Pods are never
    changed, namespaces never made.

    As whom pods read: without --identity as the add-on's identity; with it as another
    one, which the nodes must have; with --service-account only pods of that account, with
    workload identity. `az aks kv secrets-provider grant` with the same options sees to
    the rights.

    A certificate is mounted without its private key. With --synced-secret it is fetched
    as a secret, with key and chain, because Secrets for TLS have both.

    Neither command nor manifests hold a value of a secret: the driver reads it on the node.
examples:
  - name: Print a SecretProviderClass for all secrets of a vault, and a pod that mounts it, for kubectl apply -f -.
    text: az aks kv secrets-provider generate -g MyResourceGroup -n MyCluster --vault MyVault
  - name: Show what would be written to the cluster for two secrets, one in a version of its own.
    text: >-
        az aks kv secrets-provider generate -g MyResourceGroup -n MyCluster --vault MyVault
        --secrets db-password=password.txt api-token/0123456789abcdef0123456789abcdef
        --apply --dry-run
  - name: Write class and deployment for a service account, with a Secret for environment variables.
    text: >-
        az aks kv secrets-provider generate -g MyResourceGroup -n MyCluster --vault MyVault
        --identity MyIdentity --service-account shop --namespace shop --workload deployment
        --synced-secret shop-settings --apply
"""

helps["aks kv secrets-provider show"] = """
type: command
short-summary: The add-on, its identity and rotation, every SecretProviderClass with its pods, and what is wrong.
long-summary: |
    Changes nothing. Of what is mounted it tells names and versions, of Secrets that were
    made from it their names, types and keys; values are never read.

    Leaves with 0 where all is well, 4 where something is wrong, 5 where something could
    not be looked at, 3 where the cluster is not there.
examples:
  - name: Show what a cluster has.
    text: az aks kv secrets-provider show -g MyResourceGroup -n MyCluster
  - name: List the classes of one namespace with their vaults and pods.
    text: az aks kv secrets-provider show -g MyResourceGroup -n MyCluster --namespace shop --output table
"""
