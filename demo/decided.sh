#!/usr/bin/env bash
# What a person has to decide: nodes and private endpoint are in two spokes of a hub.
# Run it with `make demo-privatelink`, or: python -m emulator exec --world pl-hub -- bash demo/decided.sh
set -euo pipefail
source "$(dirname "$0")/telling.sh"

cluster=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")

say "A hub lies between the nodes and the endpoint. Whether it leads through is not for a command to decide."
run az aks kv fix-privatelink "${cluster[@]}" --vault "$AKSKV_VAULT" --yes -o none || [ $? -eq 4 ]

say "It does not, and a direct peering beside the hub is wanted."
run az aks kv fix-privatelink "${cluster[@]}" --vault "$AKSKV_VAULT" --accept hub-route --yes -o none
