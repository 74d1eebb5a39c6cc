"""The spine: one event log, one clock, timers and jobs. Every room above writes and follows it."""
