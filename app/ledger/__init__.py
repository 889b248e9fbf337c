"""Append-only record of every act: who did what, used what, made what. Audit log and raw material of provenance."""
