"""Why a response has no measured time. In: a line of a statement. Out: words."""

from django.utils.translation import gettext as _

from narvaro.dispatch.models import Response
from narvaro.followup.queries import Line
from narvaro.web import labels
from narvaro.web.labels import say


def remark_of(line: Line) -> str:
    """Return why a response has no measured time, in words; empty where it has one."""
    if line.response is None:
        return _("No unit came")
    return _of_how_it_ended(line, line.response) or _of_its_times(line)


def _of_how_it_ended(line: Line, response: Response) -> str:
    if line.supported:
        return _("Came in support; the first unit on scene is measured")
    if response.state == Response.State.REASSIGNED:
        return _("Taken to a graver case")
    if response.state != Response.State.RECALLED:
        return ""
    arrived = any(one.point == "on_scene" for one in response.time_points.all())
    return (
        _("Recalled by the desk after arrival")
        if arrived
        else _("Recalled by the desk before arrival")
    )


def _of_its_times(line: Line) -> str:
    if line.term is None or line.measurement is None:
        return _("No response term covers this kind of case.")
    if line.measurement.is_reversed:
        return _("The stop stands before the start: look at the time points.")
    if line.measurement.missing:
        missing = ", ".join(say(labels.POINT, one) for one in line.measurement.missing)
        return _("Not measured; missing: %(points)s") % {"points": missing}
    return ""
