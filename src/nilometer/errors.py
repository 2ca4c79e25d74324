"""The five ways something can go wrong, named by who can act on it."""

from __future__ import annotations


class NilometerError(Exception):
    """Base of every error Nilometer raises on purpose.

    The message says what was expected, what was found and what to do next; it never carries raw personal data.
    """

    exit_code = 3


class InputError(NilometerError):
    """The data or the command is wrong: the person who gave it can fix it."""

    exit_code = 2


class ConfigError(NilometerError):
    """A setting, mapping or key is wrong: the operator can fix it."""

    exit_code = 2


class EngineError(NilometerError):
    """Disk, lock or engine trouble: nothing acknowledged is lost, trying again may help."""

    exit_code = 3


class EvidenceError(NilometerError):
    """Something stored does not match what was recorded about it: raise the alarm, do not try again."""

    exit_code = 3


class ExtensionBroken(NilometerError):
    """A file on a shelf (format, detector, engine, scenario) does not keep its shelf's promises."""

    exit_code = 3
