"""the screens."""
