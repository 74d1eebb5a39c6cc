"""Who works when: the roster. Focus and patrol plans stand here too when they come."""
