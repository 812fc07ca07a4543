"""Inference and gradient steps of the same network in topple and in PyTorch, side by side on one thread.

Runs `topple bench --only train --json`, builds the network of the sizes it names on a random batch of as many
graphs, nodes and edges, and times the same four things in PyTorch. The two take turns, a few rounds, and the
quickest of each is compared, so that a busy machine slows both. Refuses a network with another number of
parameters than topple's: one of the two has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from losses import adamw, random_labels, step
from network import ACTION_FEATURES, EDGE_FEATURES, NODE_FEATURES, STRIDE_FEATURES, STRIDES, WAY_FEATURES, Batch, Network

ROUNDS = 3
REPETITIONS = 50
"""Of each thing in a round, by both programs."""
SEED = 1
FIGURES = {
    "judge_ms": "judge",
    "imagine_ms": "imagine",
    "judge_step_ms": "step, judging",
    "both_step_ms": "step, both",
}


def topple_report(topple: Path, repetitions: int) -> dict[str, Any]:
    """What `topple bench` says of training."""
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    command = [str(topple), "bench", "--json", "--only", "train", "--train-steps", str(repetitions)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    report: dict[str, Any] = json.loads(done.stdout)["train"]
    return report


def random_batch(graphs: int, nodes: int, edges: int) -> Batch:
    """Graphs of about the same size, with edges at random between different nodes of the same graph."""
    rng = np.random.default_rng(SEED)
    bounds = np.linspace(0, nodes, graphs + 1).astype(int)
    starts, counts = bounds[:-1], np.diff(bounds)
    edge_counts = np.diff(np.linspace(0, edges, graphs + 1).astype(int))
    ends = [
        (start + receiver, start + (receiver + offset) % count)
        for start, count, many in zip(starts, counts, edge_counts, strict=True)
        for receiver, offset in zip(
            np.sort(rng.integers(0, count, many)), rng.integers(1, max(count, 2), many), strict=True
        )
    ]
    receivers, senders = np.array(ends).reshape(-1, 2).T
    row = np.arange(counts.max())
    places = starts[:, None] + np.where(row < counts[:, None], row, 0)
    return Batch(
        nodes=torch.randn(nodes, NODE_FEATURES),
        edges=torch.randn(edges, EDGE_FEATURES),
        receivers=torch.from_numpy(receivers.copy()),
        senders=torch.from_numpy(senders.copy()),
        action=torch.randn(graphs, ACTION_FEATURES),
        strides=torch.randn(STRIDES, graphs, STRIDE_FEATURES),
        sketched=torch.randn(STRIDES, nodes, WAY_FEATURES),
        meant=torch.randn(STRIDES, nodes, WAY_FEATURES),
        graph_of=torch.from_numpy(np.repeat(np.arange(graphs), counts)),
        targets=torch.from_numpy(starts.copy()),
        counts=torch.from_numpy(counts.astype(np.float32)[:, None]),
        places=torch.from_numpy(places),
    )


def quickest_ms(work: Callable[[], object], repetitions: int) -> float:
    """The quickest of `repetitions` after one that warms the caches, ms."""
    times = []
    for _ in range(1 + repetitions):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


def torch_report(network: Network, batch: Batch, repetitions: int) -> dict[str, float]:
    """The same figures of PyTorch."""
    labels = random_labels(batch)
    optimiser = adamw(network)
    with torch.inference_mode():
        judge_ms = quickest_ms(lambda: network.judging(batch), repetitions)
        imagine_ms = quickest_ms(lambda: network.imagining(batch), repetitions)
    steps = (
        quickest_ms(lambda imagines=imagines: step(network, optimiser, batch, labels, imagines=imagines), repetitions)
        for imagines in (False, True)
    )
    return dict(zip(FIGURES, (judge_ms, imagine_ms, *steps), strict=True))


def measure(topple: Path, rounds: int, repetitions: int) -> tuple[dict[str, Any], dict[str, float], dict[str, float]]:
    """The batch, and the least over `rounds` of topple's figures and of PyTorch's."""
    report: dict[str, Any] = {}
    mine = dict.fromkeys(FIGURES, float("inf"))
    theirs = dict(mine)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        report = topple_report(topple, repetitions)
        batch = random_batch(report["batch"], report["nodes"], report["edges"])
        network = Network(report["width"], report["rounds"])
        parameters = sum(p.numel() for p in network.parameters())
        if parameters != report["parameters"]:
            sys.exit(
                f"topple's network has {report['parameters']} parameters, the one in network.py {parameters}: "
                "bring its layers and numbers of features up to date with src/model/network.rs"
            )
        there = torch_report(network, batch, repetitions)
        for figure in FIGURES:
            mine[figure] = min(mine[figure], report[figure])
            theirs[figure] = min(theirs[figure], there[figure])
    return report, mine, theirs


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topple", type=Path, required=True, help="the release binary")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of both programs")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="of each thing in a round")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    if args.rounds < 1 or args.repetitions < 1:
        parser.error("--rounds and --repetitions have to be 1 or more")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    report, mine, theirs = measure(args.topple, args.rounds, args.repetitions)
    sizes = {name: report[name] for name in ("batch", "nodes", "edges", "width", "rounds", "parameters")}
    if args.json:
        speed = {f: {"topple": mine[f], "torch": theirs[f], "ratio": mine[f] / theirs[f]} for f in FIGURES}
        print(json.dumps(sizes | {"torch_version": torch.__version__, "speed": speed}))
        return 0
    print(", ".join(f"{name} {size}" for name, size in sizes.items()) + f"; PyTorch {torch.__version__}")
    print(f"{'':14}  {'topple, ms':>10}  {'PyTorch, ms':>11}  {'ratio':>5}")
    for figure, name in FIGURES.items():
        ratio = mine[figure] / theirs[figure]
        print(f"{name:14}  {mine[figure]:10.2f}  {theirs[figure]:11.2f}  {ratio:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
