"""What every room stands on: settings, database, errors, the edge. No business word in here."""
