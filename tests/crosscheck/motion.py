"""Where the hand and a nudge are told to be, at any time.

Owns `motion_at` and `Nudge`, by the same rules as `src/rollout/smooth.rs` and `src/rollout/nudge.rs`: cubic
pieces from key to key with bounded slopes, and a nudge that sets out and comes to rest gently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset import Array, Motion
from poses import Pose, matrix, rotation_by, rotation_vector

STEEPEST = 3.0
"""No slope is more than so many times that of either neighbouring chord."""
INSTANT_S = 1e-9
NUDGE_SPEED = 0.1
"""m/s."""
NUDGE_ACCELERATION = 1.0
"""m/s²."""


@dataclass(frozen=True)
class _Chord:
    """The straight way from one key to the next: how long it takes, its speed in the world, its spin in the hand."""

    lasting: float
    speed: Array
    spin: Array


def _chord(motion: Motion, k: int) -> _Chord | None:
    if not 0 <= k < len(motion.t) - 1:
        return None
    lasting = float(motion.t[k + 1] - motion.t[k])
    per_second = 0.0 if lasting < INSTANT_S else 1.0 / lasting
    here, there = matrix(motion.pose.rotation[k]), matrix(motion.pose.rotation[k + 1])
    way = motion.pose.position[k + 1] - motion.pose.position[k]
    return _Chord(lasting, way * per_second, rotation_vector(here.T @ there) * per_second)


def _slope(a: Array, b: Array, share: float) -> Array:
    if a @ b <= 0.0:
        return np.zeros(3)
    slope = (1.0 - share) * a + share * b
    most = STEEPEST * min(float(np.linalg.norm(a)), float(np.linalg.norm(b)))
    return slope * min(1.0, most / max(float(np.linalg.norm(slope)), 1e-300))


def _slopes(before: _Chord | None, after: _Chord | None) -> tuple[Array, Array]:
    """Speed and spin where two chords meet; at the ends of a motion it rests."""
    if before is None or after is None:
        return np.zeros(3), np.zeros(3)
    share = before.lasting / max(before.lasting + after.lasting, INSTANT_S)
    return _slope(before.speed, after.speed, share), _slope(before.spin, after.spin, share)


def _hermite(way: Array, start: Array, end: Array, s: float) -> Array:
    r = 1.0 - s
    return way * (s * s * (3.0 - 2.0 * s)) + start * (s * r * r) - end * (s * s * r)


def motion_at(motion: Motion, t: float) -> tuple[Pose, bool]:
    """Where the hand is told to be at `t` (s), and whether its grip is told to be closed."""
    following = int(np.searchsorted(motion.t, t, side="right"))
    k = max(following - 1, 0)
    key, closed = Pose.of(motion.pose.position[k], motion.pose.rotation[k]), bool(motion.closed[k])
    chord = _chord(motion, k)
    if following == 0 or chord is None or chord.lasting < INSTANT_S:
        return key, closed
    (v0, w0), (v1, w1) = _slopes(_chord(motion, k - 1), chord), _slopes(chord, _chord(motion, k + 1))
    h, s = chord.lasting, (t - float(motion.t[k])) / chord.lasting
    moved = _hermite(chord.speed * h, v0 * h, v1 * h, s)
    turned = _hermite(chord.spin * h, w0 * h, w1 * h, s)
    return Pose(key.position + moved, key.rotation @ rotation_by(turned)), closed


@dataclass(frozen=True)
class Nudge:
    """A nudge by `way` metres."""

    way: float

    @property
    def speed(self) -> float:
        """The highest, m/s: a short one ends before it has set out."""
        return min(NUDGE_SPEED, float(np.sqrt(self.way * NUDGE_ACCELERATION)))

    @property
    def lasting(self) -> float:
        """s."""
        return self.way / self.speed + self.speed / NUDGE_ACCELERATION if self.way > 0.0 else 0.0

    def travel(self, t: float) -> float:
        """How far it has gone `t` seconds after its start, m."""
        late = t > 0.5 * self.lasting
        t = max(self.lasting - t if late else t, 0.0)
        ramp = self.speed / NUDGE_ACCELERATION
        gone = 0.5 * NUDGE_ACCELERATION * t * t if t < ramp else self.speed * (t - 0.5 * ramp)
        return self.way - gone if late else gone
