"""Messages that leave the service: written with the change that causes them, sent after it."""
