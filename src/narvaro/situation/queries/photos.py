"""Reads of photos, by what they belong to. The viewer first."""

from uuid import UUID

from narvaro.access.viewer import Viewer
from narvaro.situation.models import Photo
from narvaro.situation.queries.damage import damages_seen_by
from narvaro.situation.queries.reports import incidents_seen_by, observations_seen_by
from narvaro.situation.reports import Reported
from narvaro.spine.refusal import Missing


def list_photos(viewer: Viewer, rows: list[Reported]) -> dict[UUID, list[Photo]]:
    """Return the photos of reports that the viewer got from a query here, by report, as they came."""
    found: dict[UUID, list[Photo]] = {row.pk: [] for row in rows}
    photos = Photo.objects.filter(tenant_id=viewer.tenant_id, subject__in=found)
    for photo in photos.order_by("kept_at", "pk"):
        found[photo.subject].append(photo)
    return found


def get_photo(viewer: Viewer, photo_id: UUID) -> Photo:
    """Return a photo; raises Missing where the viewer may not see what it belongs to."""
    photo = Photo.objects.filter(tenant_id=viewer.tenant_id, pk=photo_id).first()
    if photo is None:
        raise Missing
    for seen in (damages_seen_by(viewer), observations_seen_by(viewer), incidents_seen_by(viewer)):
        if seen.filter(pk=photo.subject).exists():
            return photo
    raise Missing
