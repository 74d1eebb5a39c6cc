"""What stands still: sites, units, competences, permits, transmitters, response plans, maps."""
