"""Rows of the directory, one file per noun. In: what `actions` write from files. Out: rows, selections."""

from narvaro.directory.models.aids import (
    Defibrillator,
    Key,
    SupportAgreement,
    describe_openings,
)
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
from narvaro.directory.models.weights import (
    DriveMark,
    DriveSample,
    RoadCalibration,
    RoadCondition,
)

__all__ = [
    "Area",
    "Camera",
    "ClosureQuerySet",
    "Competence",
    "CompetenceKind",
    "Contact",
    "Defibrillator",
    "DriveMark",
    "DriveSample",
    "FromFileQuerySet",
    "FromFileRow",
    "ImportBatch",
    "Key",
    "Permit",
    "PlacedRow",
    "ResponsePlan",
    "RoadCalibration",
    "RoadClosure",
    "RoadCondition",
    "RoadMap",
    "Sender",
    "Site",
    "SiteAlias",
    "SiteChange",
    "SiteQuerySet",
    "SupportAgreement",
    "TransmissionPath",
    "Transmitter",
    "Unit",
    "describe_openings",
]
