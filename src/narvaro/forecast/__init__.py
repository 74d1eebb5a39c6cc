"""Where harm is likely: forecasts made, kept and scored."""
