"""Microsoft.KeyVault as Azure Resource Manager shows it: vaults, deleted vaults, keys, private endpoint connections."""
