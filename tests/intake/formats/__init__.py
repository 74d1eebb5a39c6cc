"""Tests of the contents that several protocols carry, one file each."""
