"""The room site."""
