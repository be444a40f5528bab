"""Measuring: `make bench` runs every bench, `make bench WHAT=pages` one of them."""
