#!/usr/bin/env bash
# The way from ForbiddenByConnection to a vault that is reached: its private endpoint is in another network than the
# nodes, and there is neither a zone nor a peering.
# Run it with `make demo-privatelink`, or: python -m emulator exec --world pl-nothing -- bash demo/privatelink.sh
set -euo pipefail
source "$(dirname "$0")/telling.sh"

cluster=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")

say "Pods wait for their secrets: the vault is closed to public networks, and its private endpoint is somewhere else."
run az keyvault show -n "$AKSKV_VAULT" \
    --query "{access: properties.publicNetworkAccess, endpoint: properties.privateEndpointConnections[0].privateEndpoint.id}"

say "What is missing? Nothing is changed by asking."
run az aks kv fix-privatelink "${cluster[@]}" --vault "$AKSKV_VAULT" --dry-run -o none

say "Make it, and prove it: nslookup and nc on a node, before and after."
run az aks kv fix-privatelink "${cluster[@]}" --vault "$AKSKV_VAULT" --yes --query "proofs[]"

say "Once more: nothing is missing, so nothing is written, and the proof is made again."
run az aks kv fix-privatelink "${cluster[@]}" --vault "$AKSKV_VAULT" --yes -o none
