"""Whose list it is. In: a tenant, perhaps a name. Out: the supplier, or why it is not known."""

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.core.said import Said
from narvaro.core.tables import Refusal
from narvaro.directory.importing.report import refuse
from narvaro.spine.models import Tenant


class Suppliers:
    """The tenant's guarding companies by name."""

    def __init__(self, tenant: Tenant) -> None:
        companies = Organisation.objects.filter(
            tenant=tenant, kind=OrganisationKind.GUARDING_COMPANY
        )
        self.known = {one.name.casefold(): one for one in companies}

    def find(self, name: str | None) -> tuple[Organisation | None, list[Refusal]]:
        """Return the company of that name; without a name the only one there is."""
        if name is None and len(self.known) == 1:
            return next(iter(self.known.values())), []
        found = self.known.get((name or "").casefold())
        if found is not None:
            return found, []
        offered = ", ".join(sorted(one.name for one in self.known.values()))
        why = Said("is not said, and there is not just one")
        if name:
            why = Said("is not known here")
        todo = Said("add the company in the installation file")
        if offered:
            todo = Said("write one of %(words)s", words=offered)
        return None, [refuse("supplier", name or "", why, todo)]
