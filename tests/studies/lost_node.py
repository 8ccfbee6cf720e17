"""A program that runs the tiny study on a Ray cluster of two nodes, and kills one of them in the middle of it."""

from __future__ import annotations

import sys

from tiny_study import tiny

from layerwise.studies.study import run_study
from layerwise.studies.study.engines import Ray


def main(folder, kills):
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    nodes, killed = [], []

    def listen(told):
        nodes.append(len(ray.nodes()))
        if kills and told.done == 6:
            cluster.remove_node(second, allow_graceful=False)
            killed.append(told.done)

    result = run_study(tiny(), folder, engine=Ray(), progress=listen)
    print("complete", result.complete, "nodes at first", nodes[0], "killed", killed, flush=True)
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], kills=sys.argv[2] == "kill")
