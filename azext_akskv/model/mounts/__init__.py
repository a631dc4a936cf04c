"""What a cluster tells of the Key Vault provider for the Secrets Store CSI driver: the installation, the classes, the
pods that mount them, and what went wrong. No value of a secret has a place in it."""
