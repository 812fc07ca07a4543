"""The losses of `src/model/loss.rs` and the gradient step of `src/model/train.rs` in PyTorch.

Owns labels, which are drawn at random, and the step. The imagination's ten strides are one tensor here and ten
there: fewer and larger operators, as one would write it in PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from network import GRAPH_OUTPUTS, NODE_OUTPUTS, STRIDES, Batch, Network

KINDS = GRAPH_OUTPUTS - 2
KIND_WEIGHT = 0.3
FATE_WEIGHT = 0.5
GRADED_WEIGHT = 0.05
POSE_WEIGHT = 0.3
IMAGINATION_WEIGHT = 0.1
MAX_NORM = 2.0
RATE = 2e-3
DECAY = 0.01
BETAS = (0.9, 0.99)
STIR_SHARE = 0.3
"""Share of boxes that stir in the random labels; it changes no operator."""


@dataclass(frozen=True)
class Labels:
    """What a batch is held against."""

    accidents: Tensor
    """`[B, 6]`: any, then the kinds."""
    graded: Tensor
    """`[B, 2]`."""
    fates: Tensor
    """`[N, NODE_OUTPUTS]`."""
    fate_weights: Tensor
    """`[N, NODE_OUTPUTS]`."""
    poses: Tensor
    """`[STRIDES, N, 6]`."""
    stirs: Tensor
    """`[STRIDES, N, 1]`."""
    known: Tensor
    """`[STRIDES, N, 1]`."""


def random_labels(batch: Batch) -> Labels:
    """Labels of the right shapes."""
    b, n = len(batch.targets), len(batch.nodes)
    return Labels(
        accidents=torch.randint(2, (b, KINDS)).float(),
        graded=torch.randn(b, 2),
        fates=torch.randint(2, (n, NODE_OUTPUTS)).float(),
        fate_weights=torch.full((n, NODE_OUTPUTS), 1 / (n * NODE_OUTPUTS)),
        poses=torch.randn(STRIDES, n, 6),
        stirs=(torch.rand(STRIDES, n, 1) < STIR_SHARE).float(),
        known=torch.ones(STRIDES, n, 1),
    )


def judgement_loss(judged: tuple[Tensor, Tensor], labels: Labels) -> Tensor:
    """Any accident, the kinds, the fates, the graded sums."""
    graph, node = judged
    entropy = cross_entropy(graph[:, :KINDS], labels.accidents, reduction="none").mean(0)
    fates = cross_entropy(node, labels.fates, labels.fate_weights, reduction="sum")
    graded = (graph[:, KINDS:] - labels.graded).square().mean()
    kinds = KIND_WEIGHT * entropy[1:].sum()
    return entropy[0] + kinds + FATE_WEIGHT * NODE_OUTPUTS * fates + GRADED_WEIGHT * graded


def laplace(error: Tensor, log_spread: Tensor) -> Tensor:
    """`Σ |error| / spread + 3 · log spread` of each row."""
    return error.sum(-1, keepdim=True) * torch.exp(-log_spread) + 3.0 * log_spread


def imagination_loss(imagined: Tensor, labels: Labels) -> Tensor:
    """Laplace likelihood of what stirs, cross-entropy of whether it stirs."""
    error = (imagined[..., :6] - labels.poses).abs()
    log_spread = imagined[..., 6:8].clamp(-4.0, 4.0)
    position = laplace(error[..., :3], log_spread[..., :1])
    turn = laplace(error[..., 3:], log_spread[..., 1:])
    gate = cross_entropy(imagined[..., 8:], labels.stirs, labels.known, reduction="none")
    pose = (position + 0.5 * turn) * labels.stirs
    count = lambda mask: mask.sum((1, 2)).clamp(min=1.0)  # noqa: E731
    each = POSE_WEIGHT * pose.sum((1, 2)) / count(labels.stirs) + gate.sum((1, 2)) / count(labels.known)
    return each.mean()


def adamw(network: nn.Module) -> torch.optim.AdamW:
    """AdamW that decays weights but not biases; fused, the quickest of its three kinds on a CPU."""
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": DECAY},
        {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=RATE, betas=BETAS, eps=1e-8, fused=True)


def step(network: Network, optimiser: torch.optim.AdamW, batch: Batch, labels: Labels, *, imagines: bool) -> float:
    """One gradient step on a batch that is ready; returns the judgement's loss."""
    optimiser.zero_grad(set_to_none=True)
    judgement = judgement_loss(network.judging(batch), labels)
    loss = judgement
    if imagines:
        loss = judgement + IMAGINATION_WEIGHT * imagination_loss(network.imagining(batch), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM)
    optimiser.step()
    return judgement.item()
