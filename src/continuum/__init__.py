"""Reproducible research on human-trafficking risk as front-line service providers see it."""

__version__ = "0.1.0"
