"""Whole journeys in a real browser. In: a running product. Out: passed or failed."""
