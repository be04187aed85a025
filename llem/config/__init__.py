"""From the registry: configuration classes, evaluation, JSON Schema, stubs and the introspection API."""
