"""Readers of untrusted bytes and the arrays that hold them: encodings, dates, numbers, zip, xlsx, ole, limits, Arrow.

A shelf: each file is a door of its own.
"""
