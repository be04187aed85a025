"""Property-based testing against a registry: hypothesis strategies, and a pytest plugin for registries of one's own.

    from hypothesis import given
    from llem.testing import configs

    @given(configs(backend="pytorch"))
    def test_every_valid_configuration_has_a_plan(data):
        assert llem.plan(llem.load(data)).calls

`pip install 'llem[testing]'` brings hypothesis.
"""

from llem.testing.conditions import conditions
from llem.testing.configs import configs, violations_of
from llem.testing.registries import registries


__all__ = ["conditions", "configs", "registries", "violations_of"]
