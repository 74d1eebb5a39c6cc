"""Words of the reporting pages. In: codes of the situation. Out: words in the viewer's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from narvaro.situation.models import Category

_Words = dict[str, "str | Promise"]

CATEGORY_GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (
        lazy("Damage and theft"),
        (
            Category.VANDALISM, Category.GRAFFITI, Category.FIRE, Category.ARSON,
            Category.BREAK_IN, Category.ATTEMPT, Category.THEFT, Category.LITTERING,
        ),
    ),
    (
        lazy("Order and people"),
        (
            Category.YOUTH_GATHERING, Category.GATHERING, Category.DISTURBANCE,
            Category.RECKLESS_DRIVING, Category.ALCOHOL, Category.DRUGS, Category.TRESPASS,
            Category.VIOLENCE, Category.ROBBERY, Category.STAFF_INCIDENT,
        ),
    ),
    (
        lazy("The place and other things"),
        (
            Category.UNSAFE_PLACE, Category.BROKEN_LIGHTING, Category.EXTREMIST_SYMBOL,
            Category.RUMOUR, Category.EVENT, Category.OTHER,
        ),
    ),
)  # fmt: skip
KNOWN_BY: _Words = {
    "seen": lazy("I saw it"),
    "heard": lazy("I heard it"),
    "told": lazy("I was told"),
}
SEVERITY: _Words = {
    "1": lazy("Slight"),
    "2": lazy("Disturbing"),
    "3": lazy("Serious"),
}
COUNT: _Words = {
    "unknown": lazy("Number not known"),
    "none": lazy("Nobody there"),
    "1-4": lazy("1–4"),
    "5-10": lazy("5–10"),
    "over_10": lazy("More than 10"),
}
AGE_BAND: _Words = {
    "unknown": lazy("Age not known"),
    "children": lazy("Children"),
    "youth": lazy("Young people"),
    "adults": lazy("Adults"),
    "mixed": lazy("Mixed ages"),
}
WHEN: _Words = {
    "now": lazy("Just now"),
    "night": lazy("In the last night, 17–07"),
    "weekend": lazy("In the last weekend, Fri 17 – Mon 07"),
    "own": lazy("Other times"),
}
DAMAGE_KIND: _Words = {
    "glass": lazy("Broken glass"),
    "graffiti": lazy("Graffiti"),
    "fire": lazy("Fire"),
    "outer": lazy("Other damage outside"),
    "inner": lazy("Damage inside"),
    "break_in": lazy("Break-in"),
    "water": lazy("Water"),
    "other": lazy("Other"),
}
DAMAGE_STATE: _Words = {
    "reported": lazy("Reported, nothing ordered"),
    "ordered": lazy("Repair ordered"),
    "restored": lazy("Restored"),
    "closed": lazy("Closed, cost settled"),
}
OBSERVATION_STATE: _Words = {
    "submitted": lazy("Received, not yet handled"),
    "in_picture": lazy("In the week's picture"),
    "merged": lazy("Joined with another report"),
    "referred": lazy("Handed on"),
    "rejected": lazy("Not taken into the picture"),
}
BECAME: _Words = {
    "submitted": lazy("It waits for the weekly meeting."),
    "in_picture": lazy("The weekly meeting has it before it."),
    "merged": lazy("Somebody else reported the same; the two count as one."),
    "referred": lazy("Those whom it concerns have it."),
    "rejected": lazy("The coordinator left it out."),
    "reported": lazy("Those who look after the building can see it."),
    "ordered": lazy("The repair is ordered."),
    "restored": lazy("It is repaired."),
    "closed": lazy("It is repaired, and the cost is settled."),
}
MARK: _Words = {
    "nickname": lazy("a nickname"),
    "name": lazy("a name"),
    "origin": lazy("somebody's origin"),
    "looks": lazy("somebody's looks"),
    "clothes": lazy("somebody's clothes"),
    "group": lazy("a group somebody is said to belong to"),
    "school_class": lazy("a school class"),
    "account": lazy("an account in social media"),
    "plate": lazy("a registration plate"),
    "email": lazy("an e-mail address"),
    "age": lazy("somebody's exact age"),
    "number": lazy("a number that may be a person's"),
}
ADVICE: _Words = {
    "count": lazy("write how many, and the age band"),
    "role": lazy("write the role: caretaker, headmaster, shop assistant"),
    "deed": lazy("write what was done, not what they looked like"),
    "school": lazy("write the school, not the class"),
    "reference": lazy("write the reference number of the police report"),
    "vehicle": lazy("write the kind of vehicle; the plate goes to the police"),
    "number": lazy("write what the number is of, or leave it out"),
}
REFUSAL: _Words = {
    "no_place": lazy("Say where: choose a place, or write it."),
    "times": lazy(
        "The times do not fit: it ended before it began, lies ahead, or took over a year."
    ),
    "id_taken": lazy("The form was damaged; open it anew."),
    "photos_many": lazy("A report holds 12 photos; this one has them."),
    "sum": lazy("A cost is 0 to 1 000 000 000 SEK; correct it."),
    "damage_back": lazy("It has come further already; choose a later state."),
    "damage_closed": lazy("It is closed; open it again first, as restored."),
    "no_final_cost": lazy("Write what it cost, 0 if nothing; then close it."),
    "still_doubtful": lazy("There are doubtful words still; write it without them."),
}
PHOTO_REFUSED: _Words = {
    "heic": lazy("It is a HEIC photo, which cannot be read here; let the camera take JPEG."),
    "too_large": lazy("The file is larger than 25 MB; take the photo in a lower resolution."),
    "too_many_pixels": lazy("It has more than 64 million pixels; take it in a lower resolution."),
    "too_many_to_decode": lazy(
        "It has more than 25 million pixels; send it as a plain (not progressive) JPEG, or take it "
        "in a lower resolution."
    ),
    "animated": lazy("The picture moves; send a still photo."),
    "not_image": lazy("The file is no picture; send JPEG, PNG or WebP."),
    "damaged": lazy("The picture is damaged; take the photo again."),
}
ORGANISATION_KIND: _Words = {
    "municipality": lazy("the municipality"),
    "guarding_company": lazy("the guarding company"),
    "alarm_centre": lazy("the alarm centre"),
    "police": lazy("the police"),
    "rescue_service": lazy("the rescue service"),
    "housing_company": lazy("the housing company"),
}
