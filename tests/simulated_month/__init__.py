"""A month of guards alone and of transmitters, on a clock that nobody waits for.

`course` says what happens to the machines, `guards` and `paths` play the product's own rules on it
(`narvaro.core.watch`, `narvaro.core.supervision`), `oracle` says from the rules' words alone what
must have been raised, and `play` holds the two against each other. `breaking` breaks rules on purpose,
and `on_rows` does on rows what the month did.
"""
