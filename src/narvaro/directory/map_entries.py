"""What the map names: its addresses and places, as entries to place rows by. In: a tenant. Out: entries."""

from uuid import UUID

from narvaro.core.placing import Entry
from narvaro.directory.maps import find_open_map


def list_map_entries(tenant_id: UUID) -> list[Entry]:
    """List the addresses and named places of a tenant's map; none where there is no map."""
    ground = find_open_map(tenant_id)
    return list(ground.addresses.entries()) if ground else []
