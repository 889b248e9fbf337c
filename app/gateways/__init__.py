"""One door for each outside system; only they open connections."""
