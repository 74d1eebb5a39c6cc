"""What is kept, for how long, and what never is. In: nothing. Out: words in the viewer's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

NAMED: dict[str, "str | Promise"] = {
    "directory.Competence.member": lazy("Trainings and appointments of yours"),
    "sharing.FileDraft.uploaded_by": lazy("Files that you brought in"),
    "followup.WhatIf.asked_by": lazy("What-ifs that you asked for"),
    "sharing.FileDraft.decided_by": lazy("Files that you let in"),
    "dispatch.Response.member": lazy("Cases that you accepted"),
    "dispatch.Watch.member": lazy("Times when you worked alone and were waited for"),
    "plan.PatrolPlan.published_by": lazy("Patrol plans that you published"),
    "plan.Shift_crew.member": lazy("Shifts on whose crew you stand"),
    "situation.Damage.reported_by": lazy("Damage that you reported"),
    "situation.Decision.decided_by": lazy("Decisions of the weekly meeting that you noted"),
    "situation.Incident.reported_by": lazy("Incident reports that you wrote"),
    "situation.Observation.reported_by": lazy("Observations that you reported"),
    "situation.Photo.taken_by": lazy("Photos that you sent"),
}
"""Every table that names a member; a test finds one that is missing here."""

KEPT: tuple[tuple[Promise, Promise, Promise], ...] = (
    (
        lazy("Positions of your unit, to the metre"),
        lazy(
            "At most 72 hours; then the program deletes them. None are received off duty or in a break."
        ),
        lazy("Dispatchers and your shift leader. The customer never sees tracks."),
    ),
    (
        lazy("Time at places"),
        lazy(
            "Kept by unit and place, without your service number; nothing deletes it by itself yet."
        ),
        lazy("Your shift leader, and the municipality that pays for it."),
    ),
    (
        lazy("Shifts and cases that you answered, with their time points"),
        lazy("As long as the contract is followed up; nothing deletes them by itself yet."),
        lazy("Your company; the municipality sees the unit, not your number."),
    ),
    (
        lazy("When you worked alone, and your last sign of life of each time"),
        lazy("90 days; then the program deletes it. Each single sign of life is not kept."),
        lazy("Your shift leader, and the dispatchers when one is missing."),
    ),
    (
        lazy("Reports and photos of things"),
        lazy(
            "As the municipality's plan for its records says; nothing deletes them by itself yet."
        ),
        lazy("Your company; the municipality once doubtful words are settled."),
    ),
    (
        lazy("The log of what was done, with your membership's id"),
        lazy("Kept. What a line says can be taken out by decision; that there was a line cannot."),
        lazy("Those whom each line concerns."),
    ),
    (
        lazy("Half-written reports in this browser"),
        lazy("12 hours, until they are sent, or until you sign out."),
        lazy("Whoever holds this phone."),
    ),
    (
        lazy("That you are signed in"),
        lazy("14 hours, or until you sign out. Of your password only a hash is kept."),
        lazy("Nobody."),
    ),
)
"""What, how long, who sees it."""

NEVER: tuple[Promise, ...] = (
    lazy("Your name, your personal identity number, your picture."),
    lazy("Where you are when you are off duty or on a break."),
    lazy("Any ranking or sum per guard."),
    lazy("Faces, films, names or descriptions of anybody you meet: only how many, and age bands."),
)
