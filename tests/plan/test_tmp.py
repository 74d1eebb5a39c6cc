from narvaro.plan import actions
from narvaro.plan.models import Visit
from tests.plan.conftest import *
def test_x(night):
    night.unit("V1"); night.unit("V2",("21:00","05:00")); night.unit("V9",("20:00","02:00"),travel="foot")
    plan=actions.propose(organisation=night.world.company, day=DAY, by="test", at=local("15:00"), seed=1)
    import json
    print(json.dumps(plan.facts,indent=1,default=str)[:3000])
    for v in Visit.objects.order_by("unit__call_sign","arrive_at"):
        print(v.unit, v.arrive_at.astimezone(ZONE).strftime("%H:%M"), v.window_from.astimezone(ZONE).strftime("%H:%M"), v.window_until.astimezone(ZONE).strftime("%H:%M"), v.dwell_s, v.place_name, v.reasons)
