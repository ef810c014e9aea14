"""The room release."""
