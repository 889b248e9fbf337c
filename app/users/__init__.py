"""Accounts, tokens and API keys. A user's `role` is a job title and gives no right; `is_admin` does."""
