"""Microsoft.Network without private DNS: virtual networks, peerings, security groups, route tables, endpoints."""
