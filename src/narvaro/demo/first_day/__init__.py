"""The four files of the first day, as ugly as they come: a town and its history in, .xlsx out."""
