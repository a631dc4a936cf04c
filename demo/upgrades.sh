#!/usr/bin/env bash
# Where Kubernetes versions take KMS: an old cluster from KMS v1 to KMS v2, a new one to the KMS data encryption.
# Run it with `make demo-flows`, or: python -m emulator exec --world demo-upgrades -- bash demo/upgrades.sh
set -euo pipefail
source "$(dirname "$0")/telling.sh"

old=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")
new=(-g "$AKSKV_GROUP" -n depot)

say "Two clusters. The old one has KMS v1, and AKS does not upgrade it while that is on."
run az aks kv kms list -g "$AKSKV_GROUP" -o table || [ $? -eq 4 ]

say "What is the way to KMS v2? Nothing is changed by asking."
run az aks kv kms migrate-v2 "${old[@]}" --dry-run -o none

say "KMS off, every upgrade on the way, KMS on. A PodDisruptionBudget lets no pod go: the run stops, and says what is safe."
run az aks kv kms migrate-v2 "${old[@]}" --yes -o none || [ $? -eq 1 ]

say "Once the budget is mended the same command goes on where it was."
run az aks kv kms migrate-v2 "${old[@]}" --yes -o none

say "The new cluster can have the KMS data encryption: the same key, whose newest version AKS follows from now on."
run az aks kv kms migrate-encryption "${new[@]}" --to customer-managed --yes -o none

say "A rotation is then a newer version of the key, and patience."
run az aks kv rotate "${new[@]}" --yes -o none

run az aks kv kms list -g "$AKSKV_GROUP" -o table || [ $? -eq 4 ]
