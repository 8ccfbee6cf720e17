"""Entry point: the environment torch must find, the commands, and errors as one line with exit code 2."""

from __future__ import annotations

import os
import sys

from layerwise._base import LayerwiseError


def main() -> None:
    """Run the command line and exit: 0 when it ran, 2 for bad input, 130 when interrupted with nothing to show."""
    # Threads that spin between small products take the cores from those that work (measured in
    # bench/results/population.md). torch reads this when it is loaded; a value the user set is kept.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from layerwise.cli._app import app

    try:
        app(prog_name="layerwise")
    except (LayerwiseError, OSError) as error:  # the latter: a name too long, a file that may not be read
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    finally:
        _flush()


def _flush() -> None:
    """Print what is left; where the reader went away (`layerwise ... | head`), it goes nowhere."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
