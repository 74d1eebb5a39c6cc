"""What the field sends: kept in a journal before it is answered, then made signals and positions."""
