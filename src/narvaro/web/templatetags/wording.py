"""The words beside a field whose text is masked and marked in the browser. In: the field. Out: a fragment."""

from django import template

from narvaro.web.report_words import ADVICE, MARK

register = template.Library()


@register.inclusion_tag("_wording.html")
def wording(field: str) -> dict[str, object]:
    """Give a field with `data-wording` the place where its marks are said, with their words."""
    return {"field": field, "marks": MARK.items(), "advice": ADVICE.items()}
