"""Microsoft.Insights: diagnostic settings, which send a resource's logs somewhere."""
