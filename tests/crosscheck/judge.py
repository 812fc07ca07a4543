"""Who moved too far and who tilted: `disturb` and `tilt` as design, section 2, defines them.

Owns both definitions, once more and independently of `src/sandbox/monitor.rs`. A box that is held is
left alone; the box that a nudge or push acts on is exempt from `disturb` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dataset import Array, Poses
from poses import matrix
from world import World


@dataclass
class Judge:
    """References, and what has happened so far to each box."""

    max_displacement: float
    max_tilt: float
    reference: Array
    up: Array
    held: int | None = None
    acted_on: int | None = None
    disturb: Array = field(default_factory=lambda: np.zeros(0))
    tilt: Array = field(default_factory=lambda: np.zeros(0))
    worst_displacement: Array = field(default_factory=lambda: np.zeros(0))
    worst_tilt: Array = field(default_factory=lambda: np.zeros(0))

    @staticmethod
    def start(world: World) -> Judge:
        """Takes the references from `world` as it stands."""
        n = len(world.episode.box_size)
        judge = Judge(
            max_displacement=world.episode.max_displacement,
            max_tilt=world.episode.max_tilt,
            reference=world.positions(),
            up=world.rotations()[:, 2, :],
        )
        judge.disturb, judge.tilt = np.full(n, np.inf), np.full(n, np.inf)
        judge.worst_displacement, judge.worst_tilt = np.zeros(n), np.zeros(n)
        return judge

    def look(self, world: World, t: float) -> None:
        """Looks at the world at `t` (s from the action's start)."""
        watched = world.present.copy()
        if self.held is not None:
            watched[self.held] = False
        displacement = np.linalg.norm(world.positions() - self.reference, axis=1)
        cosine = np.einsum("ij,ij->i", world.rotations()[:, 2, :], self.up)
        tilt = np.arccos(np.clip(cosine, -1.0, 1.0))
        movable = watched.copy()
        if self.acted_on is not None:
            movable[self.acted_on] = False
        self.worst_displacement[movable] = np.maximum(self.worst_displacement, displacement)[movable]
        self.worst_tilt[watched] = np.maximum(self.worst_tilt, tilt)[watched]
        moved = movable & (displacement > self.max_displacement)
        tilted = watched & (tilt > self.max_tilt)
        self.disturb[moved] = np.minimum(self.disturb, t)[moved]
        self.tilt[tilted] = np.minimum(self.tilt, t)[tilted]

    def set_reference(self, box: int, pose: Array) -> None:
        """A box that was put down belongs at `pose` (`[7]`) from now on."""
        self.reference[box] = pose[:3]
        self.up[box] = matrix(pose[3:])[2]


def tilts(reference: Poses, now: Poses) -> Array:
    """How far each box has tilted from its reference, rad, `[N]`."""
    ups = [[matrix(q)[2] for q in poses.rotation] for poses in (reference, now)]
    cosine = np.einsum("ij,ij->i", np.array(ups[0]), np.array(ups[1]))
    return np.arccos(np.clip(cosine, -1.0, 1.0))
