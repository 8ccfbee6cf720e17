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
        app()
    except LayerwiseError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Interrupted before any run had ended: nothing to show.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away (`layerwise ... | head`): what is left to print goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
