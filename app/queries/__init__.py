"""Queries: filters as MongoDB 6.0 to 8.x understands them, over JSON documents. `filters` reads, `matcher` decides."""
