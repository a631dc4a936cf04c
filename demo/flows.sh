#!/usr/bin/env bash
# The long flows of one cluster: its key is rotated twice, and the way to its vault is changed there and back.
# Run it with `make demo-flows`, or: python -m emulator exec --world demo-flows -- bash demo/flows.sh
set -euo pipefail
source "$(dirname "$0")/telling.sh"

cluster=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")
previous="previousKeys[].{key: id, until: until, mayRetire: mayRetire, why: why}"

say "A cluster whose secrets are under a key of its owner's."
run az aks kv kms enable "${cluster[@]}" --vault "$AKSKV_VAULT" --key "$AKSKV_KEY" --yes -o none

say "What would a rotation do? Nothing is changed by asking."
run az aks kv rotate "${cluster[@]}" --dry-run -o none

say "Rotate: a new version of the key, every secret under it, and the one from before kept."
run az aks kv rotate "${cluster[@]}" --yes -o none

say "Rotate once more: now the first one may go, and the last lines say so."
run az aks kv rotate "${cluster[@]}" --yes -o none
run az aks kv kms show "${cluster[@]}" --query "$previous"

say "The vault shall be private: KMS off, on again over a private endpoint, and the vault closed last."
run az aks kv kms migrate-mode "${cluster[@]}" --to Private --yes -o none

say "A vault that is closed makes no version for us: the next rotation takes a key of another name, through ARM."
run az aks kv rotate "${cluster[@]}" --yes -o none

say "And public again: the vault is opened first."
run az aks kv kms migrate-mode "${cluster[@]}" --to Public --yes -o none
run az aks kv kms show "${cluster[@]}" -o table
