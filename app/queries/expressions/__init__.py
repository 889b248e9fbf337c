"""Aggregation expressions of `$expr`: `reading` makes values of them, `evaluation` computes them over a document."""
