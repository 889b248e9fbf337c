"""The routes of the assets DB: those that its clients know, and the native ones."""
