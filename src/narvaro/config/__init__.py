"""How the system is put together and started: settings, addresses, server, commands."""
