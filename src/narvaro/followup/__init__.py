"""what was delivered: responses measured by the contract's own clock, monthly statements."""
