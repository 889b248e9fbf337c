"""Routes of the ledger."""
