import pytest

from llem.registry import load_registry
from llem.verification.run import Bench


@pytest.fixture(scope="session")
def bench() -> Bench:
    """The records of transformers beside the installed library, on the embedded model."""
    import torch

    torch.set_num_threads(1)
    return Bench.make(load_registry(), "pytorch")
