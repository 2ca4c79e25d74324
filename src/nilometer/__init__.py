"""Nilometer counts people, not requests: who has been shown whose data, over hours and over months."""

__version__ = "0.1.0"

from nilometer.app.flow import Nilometer, open
from nilometer.errors import ConfigError, EngineError, EvidenceError, ExtensionBroken, InputError, NilometerError
from nilometer.sources.mapping import Mapping

__all__ = [
    "ConfigError",
    "EngineError",
    "EvidenceError",
    "ExtensionBroken",
    "InputError",
    "Mapping",
    "Nilometer",
    "NilometerError",
    "__version__",
    "open",
]
