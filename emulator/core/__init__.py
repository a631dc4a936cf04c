"""What every emulated service stands on: requests, routes, resources, time. Knows no provider."""
