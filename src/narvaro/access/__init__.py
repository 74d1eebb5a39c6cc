"""Who may know and do what: users, organisations, members, roles, and the one policy."""
