"""What was bought: periods, options, price list, response terms."""
