"""The command line: each command in a module of its own, with no logic beyond reading arguments and printing."""

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = _run()
    except KeyboardInterrupt as stop:
        sys.stderr.write(f"\ninterrupted; {str(stop) or 'nothing was written'}\n")
        sys.stderr.flush()
        # An interrupt that passed through a C extension would make Python end by the signal instead of with a code.
        os._exit(130)
    sys.exit(code)


def _run() -> int:
    """Return the exit code. What is imported here may be interrupted too."""
    try:
        if sys.argv[1:2] == ["validate"]:
            from llem.cli.quick import say_in_order

            if say_in_order(sys.argv[2:]):
                return 0
        return _command()
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _command() -> int:
    import click

    from llem.cli.commands import root
    from llem.cli.output import WRONG_INPUT, say_errors
    from llem.diagnostics import LlemError

    try:
        code = root.main(prog_name="llem", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = WRONG_INPUT
    except click.Abort as stop:
        raise KeyboardInterrupt(*getattr(stop.__cause__, "args", ())) from None
    except LlemError as error:
        code = say_errors(error)
    return code if isinstance(code, int) else 0
