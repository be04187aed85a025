"""What llem has to say about a file or a configuration, and the ways to print it. Knows nothing of parameters."""

from llem.diagnostics.model import Diagnostic, LlemError, Location, Related, Report, Severity, did_you_mean


__all__ = ["Diagnostic", "LlemError", "Location", "Related", "Report", "Severity", "did_you_mean"]
