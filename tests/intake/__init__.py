"""Tests of what the field sends."""
