"""Entaku (円卓): from a public office's files to a checked, versioned, documented static catalogue."""

__version__ = "0.3.0"
