"""Studies on a Ray cluster of two nodes on this machine."""

from pathlib import Path

import pytest
from command import Llem
from studies import QUICK, start, states, wait_for

from llem.registry import load_registry
from llem.study.ray_executor import gpus_needed


@pytest.mark.slow
def test_a_lost_node_loses_no_trial(tmp_path: Path) -> None:
    """One of two nodes is killed in the middle; every trial ends once, those of that node on the other."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        node = cluster.add_node(num_cpus=1)
        study = f"base: {QUICK}\nsweep: {{n: [2, 3, 4, 5, 6]}}\n"
        (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
        store = tmp_path / "study.sqlite"
        runner = start(tmp_path, "study", "run", "study.yaml", "--executor", "ray", "--address", cluster.address)
        wait_for(lambda: store.exists() and [state for _, state, _ in states(store)].count("running") == 2)
        wait_for(lambda: "done" in [state for _, state, _ in states(store)])
        before = [state for _, state, _ in states(store)]
        assert before.count("done") < 4
        cluster.remove_node(node, allow_graceful=False)
        _, messages = runner.communicate(timeout=240)
        assert runner.returncode == 0, messages
        assert [(state, attempts) for _, state, attempts in states(store)] == [("done", 1)] * 5
    finally:
        cluster.shutdown()


def test_no_cluster_at_the_address(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(f"base: {QUICK}\n", encoding="utf-8")
    found = llem("study", "run", "study.yaml", "--executor", "ray", "--address", "127.0.0.1:1")
    assert found.returncode == 2
    assert "there is no Ray cluster at 127.0.0.1:1" in found.stderr


@pytest.mark.parametrize(
    ("data", "gpus"),
    [
        ({"model": "m"}, 0),
        ({"model": "m", "pytorch": {"num_processes": 4}}, 4),
        ({"model": "m", "backend": "vllm", "vllm": {"tensor_parallel_size": 2}}, 2),
    ],
)
def test_gpus_that_a_configuration_needs(data: dict[str, object], gpus: int) -> None:
    """The records say it: as many as the processes, or as the tensor is split over."""
    assert gpus_needed(load_registry(), data) == gpus
