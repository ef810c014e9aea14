"""What everything is called: the nouns of the data's path, the grammar of YAML, findings and their words.

A shelf: each file is a door of its own.
"""
