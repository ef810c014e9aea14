"""Bytes that nobody believes, and how they are held: encodings, dates, numbers, zip, xlsx, ole, limits, Arrow arrays.

A shelf: each file is a door of its own.
"""
