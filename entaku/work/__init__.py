"""Commands → exit codes: the order of operations for one dataset and for the catalogue.

Input is a command line (`cli.main`); output is a complete store and site, and messages for people.  This is the top
floor: only `python -m entaku` imports it.
"""
