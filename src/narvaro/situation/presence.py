"""Presence and exposure, made of what units sent and suppliers stated. In: the clock. Out: rows.

Raw positions go after 72 hours; what stays is when a unit was at a site (*närvaro*), and for how long
somebody was there in each clock hour, with how probable a published plan had made it. Positions come
from units on duty alone, so nothing is made off duty or in a break. A site is a circle of 75 m.

Each run takes up where the last one ended; a run repeated, or positions that came late, give the
same rows. No transaction holds more than one unit's night, or a thousand hours.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched  # type: ignore[attr-defined]
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Min, Q

from narvaro.core.presence import GAP_S, HOUR_S, Places, Proof, Stay, Track, exposure, find_stays
from narvaro.directory.models import ImportBatch, PlacedRow, Site, Unit
from narvaro.situation.actions import RAW_POSITIONS_H
from narvaro.situation.models import Exposure, Position, Presence, PresenceMark
from narvaro.situation.queries.presence import without_worse
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant
