"""The kinds of records: which class each has, and how their files are laid out."""

from llem.registry import records
from llem.registry.backend_records import Backend, LeftOut


KINDS: dict[str, type] = {
    "registry": records.Manifest,
    "backend": Backend,
    "sections": records.Section,
    "parameters": records.Parameter,
    "definitions": records.Definition,
    "mappings": records.ParameterMapping,
    "exclusions": records.Exclusion,
    "rules": records.Rule,
    "skip_conditions": records.SkipCondition,
    "left_out": LeftOut,
    "capabilities": records.Capability,
    "presets": records.Preset,
    "environments": records.EnvironmentRecord,
}
"""The top-level key of a file and the class of the records below it."""

INPUTS: dict[str, str] = {
    "input_ids": "Token ids of a batch, padded on the left; shape (batch, longest prompt).",
    "attention_mask": "1 where a token is, 0 where padding is; the same shape.",
    "pad_token_id": "Id of the padding token.",
    "token_prompts": "All prompts, each as a mapping with its token ids.",
    "prompt": "The text of one prompt; the call is made once for each.",
}
"""What llem itself can give to a call as `{input: name}`."""

NAMES: dict[str, str] = {
    "sections": "path",
    "parameters": "path",
    "definitions": "path",
    "mappings": "parameter",
    "exclusions": "id",
    "rules": "id",
    "skip_conditions": "id",
    "capabilities": "id",
    "presets": "id",
    "environments": "id",
}
"""Kinds whose records have names, and the field that has it."""

SINGLE = frozenset({"registry", "backend"})
"""Kinds whose file holds one record rather than a list."""
