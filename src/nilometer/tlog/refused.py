"""The one way in which this room says no."""

from __future__ import annotations


class Refused(ValueError):
    """A note, checkpoint, tile, policy or proof is malformed, or does not prove what it should; the sentence names the first wrong thing."""
