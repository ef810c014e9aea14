"""Entaku beside other tools on generated data: `make bench`."""
