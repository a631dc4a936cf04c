"""Private DNS of Microsoft.Network: zones, their record sets, their links to virtual networks."""
