"""Microsoft.Compute: the scale sets that nodes are machines of."""
