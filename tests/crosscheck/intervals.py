"""Intervals of rates."""

from __future__ import annotations

from math import sqrt


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of the rate `hits / n` (Wilson, JASA 1927)."""
    if n == 0:
        return 0.0, 1.0
    rate = hits / n
    middle = rate + z * z / (2 * n)
    spread = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)
