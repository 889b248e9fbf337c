"""The registry of assets DBs, and how they are."""
