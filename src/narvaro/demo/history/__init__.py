"""Two made-up years with known rates: what happened, what was written of it, and the truth beside."""
