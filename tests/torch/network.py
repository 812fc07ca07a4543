"""The network of `src/model/network.rs` in PyTorch: the same layers, widths and messages, run eagerly.

Owns the arithmetic alone: weights are PyTorch's own, since only the time is compared. Where PyTorch has
several operators for the same thing, this takes the one that was quickest on one CPU thread:
`index_select` and `index_add` for messages; for the maximum over a graph, `scatter_reduce` forwards, and a
table of nodes filled up to the longest graph where a gradient is wanted (`scatter_reduce` takes twice as
long there and back). Shapes as there: `B` graphs, `N` nodes, `E` edges, `C` width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = 10
STRIDE_FEATURES = 10
WAY_FEATURES = 6
NODE_FEATURES = 106
EDGE_FEATURES = 40
ACTION_FEATURES = 114
GRAPH_OUTPUTS = 8
NODE_OUTPUTS = 5
STRIDE_OUTPUTS = 9
IMAGINING_ROUNDS = 2
"""Rounds of messages before the first stride."""


@dataclass(frozen=True)
class Batch:
    """Graphs side by side as one; each graph's nodes lie in a row, the target first."""

    nodes: Tensor
    """`[N, NODE_FEATURES]`."""
    edges: Tensor
    """`[E, EDGE_FEATURES]`."""
    receivers: Tensor
    """`[E]`."""
    senders: Tensor
    """`[E]`."""
    action: Tensor
    """`[B, ACTION_FEATURES]`."""
    strides: Tensor
    """`[STRIDES, B, STRIDE_FEATURES]`."""
    sketched: Tensor
    """`[STRIDES, N, WAY_FEATURES]`: where the sketch takes each node."""
    meant: Tensor
    """`[STRIDES, N, WAY_FEATURES]`: where the target is meant to go."""
    graph_of: Tensor
    """`[N]`."""
    targets: Tensor
    """`[B]`: each graph's first node."""
    counts: Tensor
    """`[B, 1]`: nodes of each graph, as numbers that divide."""
    places: Tensor
    """`[B, longest]`: nodes of each graph, its first again where it has no more."""


def pool(h: Tensor, batch: Batch) -> Tensor:
    """Mean, then maximum over each graph's nodes, `[B, 2C]`."""
    graphs, longest = batch.places.shape
    zero = h.new_zeros(graphs, h.shape[1])
    mean = zero.index_add(0, batch.graph_of, h) / batch.counts
    if h.requires_grad:
        filled = h.index_select(0, batch.places.reshape(-1))
        most = filled.view(graphs, longest, -1).max(1).values
    else:
        index = batch.graph_of[:, None].expand_as(h)
        most = zero.scatter_reduce(0, index, h, "amax", include_self=False)
    return torch.cat([mean, most], 1)


def add_norm(x: Tensor, r: Tensor) -> Tensor:
    """A residual connection and the layer norm after it, without gain and bias."""
    return functional.layer_norm(x + r, x.shape[1:])


class Round(nn.Module):
    """One round of messages and what nodes make of them."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.ends = nn.Linear(c, 2 * c)
        self.edge = nn.Linear(c, c, bias=False)
        self.hidden = nn.Linear(2 * c, c)
        self.out = nn.Linear(c, c)

    def forward(self, h: Tensor, e: Tensor, batch: Batch) -> Tensor:
        p, q = self.ends(h).chunk(2, 1)
        z = self.edge(e) + p.index_select(0, batch.receivers) + q.index_select(0, batch.senders)
        heard = torch.zeros_like(h).index_add(0, batch.receivers, functional.relu(z))
        hidden = functional.relu(self.hidden(torch.cat([h, heard], 1)))
        return add_norm(h, self.out(hidden))


def tell(h: Tensor, spread: Tensor, batch: Batch) -> Tensor:
    """Adds to each node the first half of its graph's row, to the target the second half too."""
    everyone, target = spread.chunk(2, 1)
    return (h + everyone.index_select(0, batch.graph_of)).index_add(0, batch.targets, target)


class Trunk(nn.Module):
    """Scene and action in, latents out."""

    def __init__(self, c: int, rounds: int) -> None:
        super().__init__()
        self.rounds = nn.ModuleList(Round(c) for _ in range(rounds))
        self.node = nn.Linear(NODE_FEATURES, c)
        self.edge = nn.Linear(EDGE_FEATURES, c)
        self.action = nn.Linear(ACTION_FEATURES, c)
        self.action_out = nn.Linear(c, 2 * c)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The nodes' latents, what each node is by itself, the edges', the actions'."""
        action = functional.relu(self.action(batch.action))
        own = functional.relu(tell(self.node(batch.nodes), self.action_out(action), batch))
        e = functional.relu(self.edge(batch.edges))
        h = own
        for step in self.rounds:
            h = step(h, e, batch)
        return h, own, e, action


class Judging(nn.Module):
    """The risk of each graph's action, the fate of each node."""

    def __init__(self, c: int, rounds: int) -> None:
        super().__init__()
        self.trunk = Trunk(c, rounds)
        self.judge = nn.Linear(4 * c, 2 * c)
        self.judge_out = nn.Linear(2 * c, GRAPH_OUTPUTS)
        self.fate = nn.Linear(c, c)
        self.fate_out = nn.Linear(c, NODE_OUTPUTS)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """`[B, GRAPH_OUTPUTS]` and `[N, NODE_OUTPUTS]`."""
        h, _, _, action = self.trunk(batch)
        z = torch.cat([h.index_select(0, batch.targets), pool(h, batch), action], 1)
        graph = self.judge_out(functional.relu(self.judge(z)))
        return graph, self.fate_out(functional.relu(self.fate(h)))


class Imagining(nn.Module):
    """Steps and turns of each node, stride by stride, added up from the onset."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.trunk = Trunk(c, IMAGINING_ROUNDS)
        self.start = nn.Linear(2 * c, c)
        self.round = Round(c)
        self.told = nn.Linear(STRIDE_FEATURES, 2 * c)
        self.hidden = nn.Linear(c, c)
        self.back = nn.Linear(c, c)
        self.out = nn.Linear(c, STRIDE_OUTPUTS)
        self.led = nn.Linear(2 * WAY_FEATURES, c)
        self.lead = nn.Linear(c, 4)

    def follow(self, s: Tensor, sketched: Tensor, meant: Tensor) -> Tensor:
        """How far each node goes with the sketch and with the target, `[N, WAY_FEATURES]`."""
        half = WAY_FEATURES // 2
        shares = self.lead(s).repeat_interleave(half, 1)
        led = shares[:, :WAY_FEATURES] * sketched + shares[:, WAY_FEATURES:] * meant
        return torch.asinh(led)

    def forward(self, batch: Batch) -> Tensor:
        """`[STRIDES, N, STRIDE_OUTPUTS]`."""
        h, own, e, _ = self.trunk(batch)
        s = self.start(torch.cat([h, own], 1))
        leads = torch.asinh(torch.cat([batch.sketched, batch.meant], 2))
        out, followed = [], []
        for k, stride in enumerate(batch.strides):
            s = self.round(s, e, batch)
            hidden = functional.relu(tell(self.hidden(s) + self.led(leads[k]), self.told(stride), batch))
            s = add_norm(s, self.back(hidden))
            out.append(self.out(s))
            followed.append(self.follow(s, batch.sketched[k], batch.meant[k]))
        y = torch.stack(out)
        return torch.cat([y[..., :6].cumsum(0) + torch.stack(followed), y[..., 6:]], 2)


class Network(nn.Module):
    """Both trunks and what is read off them."""

    def __init__(self, c: int, rounds: int) -> None:
        super().__init__()
        self.judging = Judging(c, rounds)
        self.imagining = Imagining(c)
