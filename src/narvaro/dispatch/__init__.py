"""Who goes: ranking, offers, accepts, silence, arrival, report. It follows new cases."""
