"""The assets DB: files and metadata under a uri."""
