"""A made-up town and a made-up night: files as a municipality brings them, protocols as devices speak them."""
