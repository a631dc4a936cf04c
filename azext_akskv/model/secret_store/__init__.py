"""The Azure Key Vault Secret Store extension on Arc-enabled clusters: what ARM and the API server tell of it, what is
written for it, and what its statuses mean. No value of a secret and no token has a place in it."""
