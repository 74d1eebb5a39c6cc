"""Where a row belongs: texts as people write them come in, a place and how sure it is go out.

Build a `Gazetteer` of what is known (sites, areas, the map's addresses) and ask `place`.
"""

from narvaro.core.placing.gazetteer import Entry, Gazetteer
from narvaro.core.placing.matching import Candidate, Memory, Placing, place

__all__ = ["Candidate", "Entry", "Gazetteer", "Memory", "Placing", "place"]
