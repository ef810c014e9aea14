"""The room spec."""
