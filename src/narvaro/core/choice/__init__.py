"""Which unit takes this case, and why not the others.

In: what the case needs and every unit on duty, with exact road times. Out: an order in which to
ask, each with its reasons, and the units left out, each with its reason. A rule is one small
function; `RULES` is the one list of them. Nothing is dropped without a word.
"""

from narvaro.core.choice.detour import NONE, Detour, Opening, detour, is_open
from narvaro.core.choice.futures import FUTURES, IDLE, Futures, World, draw_futures
from narvaro.core.choice.lookahead import MOST_PLACES, STAYS_S, Ahead, look_ahead, sure_s, warm
from narvaro.core.choice.parts import (
    FRESH_S,
    Agreement,
    Arrival,
    Candidate,
    Choice,
    Demand,
    Dropped,
    Held,
    LeftOut,
    Ranked,
    Reason,
    Work,
)
from narvaro.core.choice.ranking import (
    MOST_WEIGHED,
    choose,
    drift_s,
    find_arrival,
    late_by_s,
    list_with_slack,
    weigh_readiness,
)
from narvaro.core.choice.rules import (
    PREEMPT_STEPS,
    PREEMPTIONS,
    RULES,
    find_agreement,
    find_breach,
    may_be_taken,
    sort_competences,
)
from narvaro.core.choice.several import Several, choose_several
from narvaro.core.choice.standing import Standing, choose_posts, move_idle

__all__ = [
    "FRESH_S", "FUTURES", "IDLE", "MOST_PLACES", "MOST_WEIGHED", "NONE", "PREEMPTIONS", "PREEMPT_STEPS", "RULES", "STAYS_S",
    "Agreement", "Ahead", "Arrival", "Candidate", "Choice", "Demand", "Detour", "Dropped", "Futures", "Held", "LeftOut",
    "Opening", "Ranked", "Reason", "Several", "Standing", "Work", "World", "choose",
    "choose_posts", "choose_several", "detour", "draw_futures", "drift_s", "find_agreement", "find_arrival", "find_breach",
    "is_open", "late_by_s", "list_with_slack", "look_ahead", "may_be_taken", "move_idle",
    "sort_competences", "sure_s", "warm", "weigh_readiness",
]  # fmt: skip
