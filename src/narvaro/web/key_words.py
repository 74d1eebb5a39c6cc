"""Where the keys of a case's site are, in words. In: a viewer, a case. Out: a sentence for each key."""

from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.plan.queries import KeyNow, list_keys_to
from narvaro.situation.models import Case

NO_KEY = "no_key"  # the rule that leaves out who has none


def without_key(detail: str, where: str) -> str:
    """Return the detail of that rule with where the keys are (`keys_text`)."""
    return f"{detail}\n{where}" if where else detail


def keys_text(viewer: Viewer, case: Case) -> str:
    """Return where each key of a case's site is; empty where the viewer may know of none."""
    if case.site_id is None:
        return ""
    return " ".join(_key_text(one) for one in list_keys_to(viewer, case.site_id))


def _key_text(one: KeyNow) -> str:
    key = one.key
    if key.lost_at is not None:
        return _("%(key)s is missing.") % {"key": key.code}
    if one.receipt is not None:
        return _("%(key)s is with %(unit)s.") % {
            "key": key.code,
            "unit": one.receipt.unit.call_sign,
        }
    if key.kept_at:
        return _("%(key)s is in %(cabinet)s.") % {"key": key.code, "cabinet": key.kept_at}
    return _("%(key)s is in its cabinet.") % {"key": key.code}
