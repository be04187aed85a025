"""`python -m llem` is the command `llem`."""

from llem.cli import main


main()
