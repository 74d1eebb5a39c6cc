"""What we know: signals, cases, positions, unit states, incidents."""
