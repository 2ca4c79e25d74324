"""The `nilometer` command: a group of commands, and one place that turns errors into messages and exit codes."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from nilometer import __version__
from nilometer.app.assembly import settle_memory
from nilometer.cli import case, demo, doctor, erase, evaluate, evidence, exchange, ingest, look, match, response, sources
from nilometer.cli.show import say
from nilometer.errors import NilometerError

_EPILOG = """\b
Examples:
  nilometer demo
  nilometer mapping suggest access.log > mapping.toml
  nilometer ingest access.log --mapping mapping.toml
  nilometer detect
  nilometer report -o report.html
"""


class _Reader(Exception):
    """Whoever read standard output went away."""


class _Commands(click.Group):
    """click itself ends with 1, which says no, when nobody reads what is written."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        with _read_to_the_end():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        with _read_to_the_end():
            return super().invoke(ctx)


@contextmanager
def _read_to_the_end() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        if _unread():
            raise _Reader from None
        raise


def _unread() -> bool:
    """Whether standard output is a pipe that nobody reads any more."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(said & select.POLLERR for _, said in poll.poll(0))
    except (OSError, ValueError):
        return False


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="nilometer")
def main() -> None:
    """Finds who is carrying people's data out of a platform, however slowly. It counts people, not requests."""


for room in (ingest, look, match, case, evidence, exchange, response, erase, sources, demo, evaluate, doctor):
    for command in room.COMMANDS:
        main.add_command(command)


def run(arguments: Sequence[str] | None = None) -> None:
    """Entry point; without `arguments`, those of the process. Exit codes: 0 done, 1 the answer is no, 2 wrong use or bad input, 3 a fault of Nilometer's own,
    141 nobody read the answer to its end (as other tools end by SIGPIPE)."""
    settle_memory()
    try:
        code = main.main(arguments, standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        say("Stopped.")
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except NilometerError as wrong:
        say(f"nilometer: {wrong}")
        sys.exit(wrong.exit_code)
    except (_Reader, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as fault:  # a fault of ours: one line, because a traceback may show data
        if os.environ.get("NILOMETER_TRACEBACK"):
            raise
        say(
            f"nilometer: a fault of its own ({type(fault).__name__}). Nothing acknowledged is lost. NILOMETER_TRACEBACK=1 shows where; that may show data."
        )
        sys.exit(3)
