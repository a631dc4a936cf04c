"""The ports, filled: requests to ARM, to Key Vault and to the API server. Only cli/wiring.py knows these classes."""
