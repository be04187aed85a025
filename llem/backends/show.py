"""A plan as people read it."""

from collections.abc import Iterator

from llem.backends.plan import Plan, ResultOf, plain
from llem.backends.result import redact


def plan_text(plan: Plan) -> str:
    """Return the calls in order, each with its arguments, then what llem's own runner does."""
    return "\n".join(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    for number, call in enumerate(plan.calls, 1):
        yield f"{number}. {call.id}: {call.summary}"
        yield f"   {call.name}("
        for name, value in redact(dict(call.arguments)).items():
            yield f"       {name}={_shown(value)},"
        yield "   )" + (f"  -> {_shown(call.assigns)}" if call.assigns else "")
    yield ""
    yield "runner:"
    for name, value in plan.runner.items():
        yield f"   {name}: {value!r}"


def _shown(value: object) -> str:
    if isinstance(value, ResultOf):
        return f"<{value.call}>" + (f".{value.attribute}" if value.attribute else "")
    shown = plain(value)
    return f"<{shown['input']}>" if isinstance(shown, dict) and shown.keys() == {"input"} else repr(shown)
