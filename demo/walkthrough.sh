#!/usr/bin/env bash
# The story of one cluster: its secrets are put under a key of its owner's and taken from it again, with the real az.
# Run it with `make demo`, or: python -m emulator exec --world demo -- bash demo/walkthrough.sh
set -euo pipefail

source "$(dirname "$0")/telling.sh"

cluster=(-g "$AKSKV_GROUP" -n "$AKSKV_CLUSTER")

say "A cluster as az aks shows it: its secrets are not encrypted with a key of ours."
run az aks show "${cluster[@]}" --query "{cluster: name, kubernetes: kubernetesVersion, kms: securityProfile.azureKeyVaultKms}"
run az aks kv kms show "${cluster[@]}" -o table

say "What would it take? Nothing is changed by asking."
run az aks kv kms enable "${cluster[@]}" --vault "$AKSKV_VAULT" --key "$AKSKV_KEY" --dry-run -o none

say "Turn it on: the grant, KMS, and every secret written anew under the key."
run az aks kv kms enable "${cluster[@]}" --vault "$AKSKV_VAULT" --key "$AKSKV_KEY" --yes --query secrets

say "The proof, asked for once more: no secret is left to rewrite, and the API server names the key itself."
run az aks kv reencrypt "${cluster[@]}" --prove-only -o table
run az aks kv kms show "${cluster[@]}" --evidence --query "{key: key.id, evidence: findings[?code=='key-evidence'].text}"

say "Turn it off again. The key must be kept all the same: the last lines say which."
run az aks kv kms disable "${cluster[@]}" --yes -o none
run az aks kv kms show "${cluster[@]}" -o table

say "What was done, from this machine's journal."
run az aks kv operation list -o table
