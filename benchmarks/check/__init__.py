"""Evaluators: they recompute keys from a dump with numpy alone; nothing of the product is imported."""
