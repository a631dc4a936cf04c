"""Azure Policy: what assigned policies deny in Resource Manager's front, and Microsoft.PolicyInsights, which tells."""
