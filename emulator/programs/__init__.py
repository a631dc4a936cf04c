"""Programs on the nodes of clusters, as far as they see the network: what each says, from the state of the world."""
