"""The command line: each command in a module of its own, with no logic beyond reading arguments and printing."""

import sys

import click

from llem.cli.commands import root
from llem.cli.output import INTERRUPTED, WRONG_INPUT, say_errors
from llem.diagnostics import LlemError


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = root.main(prog_name="llem", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = WRONG_INPUT
    except LlemError as error:
        code = say_errors(error)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ninterrupted; nothing was written", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
