"""Närvaro: what happens, what we know, where to be, who goes, what it gave, who may know it."""

__version__ = "0.1.0"
