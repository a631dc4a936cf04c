#!/usr/bin/env bash
# From a cluster without the secrets provider to a pod that has its secrets mounted, and the failure in which that story
# often ends.
# Run it with `make demo-provider`, or: python -m emulator exec --world demo-provider -- bash demo/provider.sh
set -euo pipefail
source "$(dirname "$0")/telling.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export KUBECONFIG=$folder/kubeconfig

cluster=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")
asked=(--vault "$AKSKV_VAULT" --secrets demo-secret01 demo-secret02)
apply=(--synced-secret test-secrets --apply --yes -o none)
provider="app in (secrets-store-csi-driver, secrets-store-provider-azure)"

say "Nothing of the provider is there yet. The vault has two secrets, and goes by access policies, not by roles."
run az aks get-credentials "${cluster[@]}" --file kubeconfig --only-show-errors
run kubectl get pods -n kube-system -l "$provider"
run az keyvault show -n "$AKSKV_VAULT" --query "{roles: properties.enableRbacAuthorization}"

say "The add-on, with rotation; and its identity, which every node has to have."
run az aks kv secrets-provider enable "${cluster[@]}" --rotation-interval 2m --yes -o none
run kubectl get pods -n kube-system -l "$provider"

say "The least that lets this identity read secrets of the vault."
run az aks kv secrets-provider grant "${cluster[@]}" "${asked[@]}" --yes -o none

say "What a pod needs, made from what is in the vault: names and versions, never a value."
run az aks kv secrets-provider generate "${cluster[@]}" "${asked[@]}" --synced-secret test-secrets

say "The same, applied."
run az aks kv secrets-provider generate "${cluster[@]}" "${asked[@]}" "${apply[@]}"

say "Has the pod mounted them, and is the Secret there?"
run az aks kv secrets-provider verify "${cluster[@]}" --namespace default
run kubectl get secretproviderclass,pod,secret -n default

say "All of it once more: nothing is missing, so nothing is written."
run az aks kv secrets-provider enable "${cluster[@]}" --rotation-interval 2m --yes -o none
run az aks kv secrets-provider grant "${cluster[@]}" "${asked[@]}" --yes -o none
run az aks kv secrets-provider generate "${cluster[@]}" "${asked[@]}" "${apply[@]}"

say "Where this story often ends: the nodes have lost the identity, and a pod starts anew."
nodes=$(az aks show "${cluster[@]}" --query nodeResourceGroup -o tsv)
identity=$(az aks show "${cluster[@]}" \
    --query addonProfiles.azureKeyvaultSecretsProvider.identity.resourceId -o tsv)
scale_set=$(az vmss list -g "$nodes" --query "[0].name" -o tsv)
run az vmss identity remove -g "$nodes" -n "$scale_set" --identities "$identity" --only-show-errors -o none
run kubectl delete pod -n default --all
run az aks kv secrets-provider generate "${cluster[@]}" "${asked[@]}" "${apply[@]}"
run az aks kv secrets-provider verify "${cluster[@]}" --namespace default --timeout 1 -o none || [ $? -eq 4 ]

say "The command that it printed."
run az vmss identity assign -g "$nodes" -n "$scale_set" --identities "$identity" --only-show-errors -o none
run az aks kv secrets-provider verify "${cluster[@]}" --namespace default -o none
