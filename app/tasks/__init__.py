"""Tasks and lists: what users keep, in their order, with everything that can be done with them."""
