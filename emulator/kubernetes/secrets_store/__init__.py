"""The Secrets Store CSI driver and the Key Vault provider: how they are installed, mount, synchronise and rotate."""
