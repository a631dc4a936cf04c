#!/usr/bin/env bash
# KMS on and off with 20,000 secrets, and how long each takes. `make big` runs this against the emulator's world `big`.
set -euo pipefail
place=(--resource-group "$AKSKV_GROUP" --name "$AKSKV_CLUSTER" --yes --only-show-errors)
figures=(--query '{status: status, secrets: secrets.{total: total, rewritten: rewritten, seconds: seconds, proved: proved}}')

for change in "enable --vault $AKSKV_VAULT --key $AKSKV_KEY" disable; do
    echo "az aks kv kms $change"
    # shellcheck disable=SC2086  # the options are words of their own
    time az aks kv kms $change "${place[@]}" "${figures[@]}"
done
