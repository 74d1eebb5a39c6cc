"""Tests of the protocols, one file each."""
