"""The Key Vault data plane: keys, their versions, and who may use them."""
