"""The byte engine: files that arrive whole or not at all, and leave as they came."""
