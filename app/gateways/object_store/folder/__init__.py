"""Objects as files below one folder."""
