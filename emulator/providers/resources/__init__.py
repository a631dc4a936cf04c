"""Microsoft.Resources: subscriptions, resource groups, tags, locks, the list of providers."""
