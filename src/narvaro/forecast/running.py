"""Forecasts of all tenants, made and scored as they fall due. In: the clock. Out: what was done."""

import logging

from narvaro.forecast.actions import make_forecast, score_due
from narvaro.forecast.queries import is_due
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)


def run_due() -> int:
    """Score what can be scored, make what is due; return how many forecasts were made.

    What fails for one tenant is said in the log and holds up no other.
    """
    made = 0
    for tenant in Tenant.objects.all():
        try:
            score_due(tenant=tenant, at=clock.now())
            if is_due(tenant, clock.now()):
                make_forecast(tenant=tenant, at=clock.now())
                made += 1
        except Refused as no:
            logger.info("no forecast", extra={"tenant": str(tenant.pk), "why": no.code})
        except Exception:
            # One tenant's data must not keep the others without a forecast; it is tried again later.
            logger.exception("forecast failed", extra={"tenant": str(tenant.pk)})
    return made
