"""Files of past alarms and responses: the alarm centre's journal, the supplier's list."""
