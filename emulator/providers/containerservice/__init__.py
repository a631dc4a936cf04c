"""Microsoft.ContainerService: managed clusters and the rules of their Key Vault KMS profile."""
