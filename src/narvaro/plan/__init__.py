"""Who works when and where to be: the roster, the week's focus, patrol plans and their visits."""
