"""Entaku beside other tools on generated data, `make bench`; and as a catalogue grows, `make bench-scale` and
`make bench-feeds`."""
