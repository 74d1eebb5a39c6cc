"""Bring a made-up town into a home, in a process of its own. In: a pickled town on stdin. Out: rows.

Only the tests' own process writes that stdin. The steps are those of `narvaro demo`.
"""

import pickle
import sys

from narvaro.config import demo
from narvaro.config.cli import by_whom, migrate_database, start_django
from narvaro.core.roads import warm
from narvaro.demo.town import Town


def let_in(town: Town, numbers: set[str], password: str) -> None:
    """Give those who enter in the tests their password."""
    from narvaro.access.actions import set_password
    from narvaro.spine import clock
    from narvaro.spine.models import Tenant

    tenant = Tenant.objects.get(name=town.name)
    for number in sorted(numbers):
        set_password(
            tenant_id=tenant.pk, service_number=number, password=password, by=by_whom(),
            at=clock.now(),
        )  # fmt: skip


def main() -> None:
    """Set up, import every file, and let the staff in."""
    town, numbers, password = pickle.load(sys.stdin.buffer)
    start_django()
    migrate_database()
    warm()
    demo.bring_in(town, print, made_up=True)
    let_in(town, numbers, password)


if __name__ == "__main__":
    main()
