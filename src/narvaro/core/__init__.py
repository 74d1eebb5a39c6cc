"""What is computed: bytes and arrays in, results out; no Django, files, sockets or clock."""
