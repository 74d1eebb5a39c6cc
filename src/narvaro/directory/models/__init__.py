"""Rows of the directory, one file per noun. In: what `actions` write from files. Out: rows, selections."""

from narvaro.directory.models.closures import ClosureQuerySet, RoadClosure
from narvaro.directory.models.devices import Camera, Sender, TransmissionPath, Transmitter
from narvaro.directory.models.files import FromFileQuerySet, FromFileRow, ImportBatch
from narvaro.directory.models.places import (
    Area,
    PlacedRow,
    ResponsePlan,
    RoadMap,
    Site,
    SiteAlias,
    SiteChange,
    SiteQuerySet,
)
from narvaro.directory.models.units import Competence, CompetenceKind, Contact, Permit, Unit

__all__ = [
    "Area",
    "Camera",
    "ClosureQuerySet",
    "Competence",
    "CompetenceKind",
    "Contact",
    "FromFileQuerySet",
    "FromFileRow",
    "ImportBatch",
    "Permit",
    "PlacedRow",
    "ResponsePlan",
    "RoadClosure",
    "RoadMap",
    "Sender",
    "Site",
    "SiteAlias",
    "SiteChange",
    "SiteQuerySet",
    "TransmissionPath",
    "Transmitter",
    "Unit",
]
