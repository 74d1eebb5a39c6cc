"""Files of things that happened: incidents, damage, visits."""
