"""Files into the directory: staged, checked row by row, visible all at once."""
