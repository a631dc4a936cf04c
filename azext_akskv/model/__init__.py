"""What is known, as frozen data, and the decoders that make it out of Azure's JSON. Standard library only."""
