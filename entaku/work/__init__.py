"""Commands → exit codes: the order of things for one dataset and for the catalogue.

In goes a command line (`cli.main`); out come a store and a site that are whole, and words for people.  This is the top
floor: nothing imports it but `python -m entaku`.
"""
