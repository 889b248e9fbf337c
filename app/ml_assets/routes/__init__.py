"""Routes of ML assets, by noun."""
