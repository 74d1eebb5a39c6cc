"""What would have been: policies, units, bases and shifts, played on a tenant's own town. In: a scenario. Out: an answer."""
