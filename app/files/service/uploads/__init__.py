"""Files that come in several requests: the states receiving, verifying, ready and failed."""
