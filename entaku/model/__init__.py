"""The nouns of the data's path, the YAML grammar, findings and their messages.

A shelf: each file is a door of its own.
"""
