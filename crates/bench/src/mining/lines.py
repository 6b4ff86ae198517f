"""Groups the lines of files with drain3, as crates/miner/examples/group.rs does: lines.py CONFIG [--rounds N] FILE..."""

import json
import logging
import sys

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

logging.disable(logging.CRITICAL)


def miner(name):
    config = TemplateMinerConfig()
    if name == "shared":
        # What Drain's authors set for most systems, for all of them, without their masks.
        config.drain_depth = 4
        config.drain_sim_th = 0.5
    return TemplateMiner(config=config)


def lines_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return file.read().split("\n")[:-1]


def main():
    name, *rest = sys.argv[1:]
    if rest[0] == "--rounds":
        files = [lines_of(path) for path in rest[2:]]
        for _ in range(int(rest[1])):
            for lines in files:
                drain = miner(name)
                for line in lines:
                    drain.add_log_message(line)
        return
    drain = miner(name)
    ids = [drain.add_log_message(line)["cluster_id"] for line in lines_of(rest[0])]
    indexes = {}
    groups = [indexes.setdefault(id, len(indexes)) for id in ids]
    templates = {cluster.cluster_id: cluster.get_template() for cluster in drain.drain.clusters}
    print(json.dumps({"groups": groups, "templates": [templates[id] for id in indexes], "absorbed": 0}))


main()
