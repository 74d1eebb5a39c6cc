"""Doors: how files come in, what goes out to whom."""
