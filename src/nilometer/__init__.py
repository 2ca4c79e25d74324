"""Nilometer counts people, not requests: who has been shown whose data, over hours and over months."""

__version__ = "0.1.0"
