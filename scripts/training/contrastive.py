"""Training the rows: a question shall be nearer to its own answer than to all others of the batch.

The loss is the symmetrical one of contrastive learning (InfoNCE), over sums of rows scaled to length 1.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from scripts.training.bags import PairTable
    from scripts.training.batches import Bags, BatchMaker


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        steps: Number of batches.
        batch: Pairs per batch.
        rate: Learning rate after the warm-up; it falls to `LAST_SHARE` of that.
    """

    steps: int = 2000
    batch: int = 2048
    rate: float = 0.004


WARM_UP_STEPS = 100
LAST_SHARE = 0.02
START_TEMPERATURE = 0.05
TEMPERATURE_RATE = 2e-3
BETAS = (0.9, 0.99)
# Near the size of a rare row's gradients. Without it, each of these would move its row as far as a hundred move a
# common row, and rare words would lose to chance what the teacher knows of them.
EPSILON = 1e-5
# What asks the same is no wrong answer; this takes it out of the softmax.
MASKED = -1e4
REPORT_STEPS = 100


def train(
    rows: NDArray[np.float32], table: PairTable, maker: BatchMaker, schedule: Schedule, report: Callable[[str], None]
) -> NDArray[np.float32]:
    """Return trained rows of the shape of `rows`.

    Args:
        rows: Where to start, (tokens, dimensions).
        table: The pairs.
        maker: Draws the batches.
        schedule: How long and how fast.
        report: Called with a line on the progress now and then.
    """
    import torch

    weights = torch.nn.Parameter(torch.from_numpy(rows.copy()))
    sharpness = torch.nn.Parameter(torch.tensor(-float(np.log(START_TEMPERATURE))))
    optimiser = torch.optim.Adam([{"params": [weights]}, {"params": [sharpness]}], betas=BETAS, eps=EPSILON)
    optimiser.param_groups[1]["lr"] = TEMPERATURE_RATE
    began, recent = time.perf_counter(), 0.0
    for step in range(1, schedule.steps + 1):
        optimiser.param_groups[0]["lr"] = schedule.rate * _share(step, schedule.steps)
        pairs = maker.draw(schedule.batch)
        questions, answers = (_sums(bags, weights) for bags in maker.show(pairs))
        loss = _loss(questions @ answers.T * sharpness.exp(), table.questions[pairs])
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)  # `loss.backward` has no types
        optimiser.step()
        recent = float(loss.detach()) if step == 1 else 0.95 * recent + 0.05 * float(loss.detach())
        if step % REPORT_STEPS == 0:
            report(f"step {step}: loss {recent:.3f}, {time.perf_counter() - began:.0f} s")
    trained: NDArray[np.float32] = weights.detach().numpy()
    return trained


def _share(step: int, steps: int) -> float:
    """Return the learning rate's share of its peak: up in the warm-up, then down in a straight line."""
    return min(1.0, step / WARM_UP_STEPS) * max(LAST_SHARE, 1 - (step - 1) / steps)


def _sums(bags: Bags, weights: torch.Tensor) -> torch.Tensor:
    """Return the bags' vectors, scaled to length 1."""
    import torch
    from torch.nn import functional

    sums = functional.embedding_bag(
        torch.from_numpy(bags.tokens),
        weights,
        torch.from_numpy(bags.starts),
        mode="sum",
        per_sample_weights=torch.from_numpy(bags.weights),
    )
    return functional.normalize(sums, dim=1, eps=1e-8)


def _loss(scores: torch.Tensor, questions: NDArray[np.int64]) -> torch.Tensor:
    import torch
    from torch.nn import functional

    asked = torch.from_numpy(questions)
    same = asked[:, None] == asked[None, :]
    same.fill_diagonal_(False)  # noqa: FBT003 (torch's own signature)
    scores = scores.masked_fill(same, MASKED)
    right = torch.arange(len(scores))
    result: torch.Tensor = (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2
    return result


def reciprocal_rank(rows: NDArray[np.float32], table: PairTable, pairs: NDArray[np.int64], asked: str) -> float:
    """Return the mean reciprocal rank (0 beyond ten) of the right answer among those of all the pairs.

    Args:
        rows: The token rows.
        table: The pairs.
        pairs: Which of them; each answer stands against all others.
        asked: The field that is asked with.
    """
    questions, answers = (_plain_sums(rows, table, field, pairs) for field in (asked, "code"))
    scores = questions @ answers.T
    ranks = 1 + (scores > np.diagonal(scores)[:, None]).sum(axis=1)
    return float(np.where(ranks <= 10, 1 / ranks, 0).mean())


def _plain_sums(
    rows: NDArray[np.float32], table: PairTable, field: str, pairs: NDArray[np.int64]
) -> NDArray[np.float32]:
    owners, tokens, weights = table.texts[field].gather(pairs, np.ones(len(pairs), bool))
    sums = np.zeros((len(pairs), rows.shape[1]), np.float32)
    np.add.at(sums, owners, rows[tokens] * weights[:, None])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (sums / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled
