"""A parallel jaw: two force-limited fingers that hold by MuJoCo's own contact friction.

Owns the fingers' slides and servos and when a squeeze counts as a grip, after `src/sandbox/jaw.rs`:
one finger then holds its place, the other goes on squeezing. The sandbox lets the pads' friction
act as a joint at Coulomb's limit; here it is left to the contacts, so that the two are independent.
"""

from __future__ import annotations

from collections import deque

import numpy as np

import hand
from dataset import Array, Gripper
from world import Piece, Tool, World, box_geom, inertia, numbers

FINGER_KG = 1.0
CLOSING_SPEED = 0.12
"""m/s."""
SQUEEZE = (1.0e5, 6.0e2)
"""The closing servo, N/m and N·s/m; capped at the set force."""
LOCK = (2.0e5, 4.0e3)
"""A finger that holds its place, N/m and N·s/m."""
FORMED = 0.7
BAR_M = 0.06
OPENING_SLACK_M = 0.02
WINDOW_S = 0.0125
"""What a pad's force is averaged over before the grip counts as formed: the fingers' impact is no squeeze."""
LOST_S = 0.05
"""No pad has touched the box for so long: it is lost."""


def opening_for(gripper: Gripper, width: float) -> float:
    """How wide the jaw is on its way to a box of `width`, m."""
    return min(width + OPENING_SLACK_M, gripper.numbers[0])


def tool(gripper: Gripper, opening: float) -> Tool:
    """A palm bar with two fingers, as `src/grasp/hand.rs` shapes them."""
    max_opening, _, thickness, breadth, length, pad_friction = gripper.numbers
    out = float(0.5 * (opening + thickness))
    bar = 0.5 * np.array([max_opening + 2.0 * thickness, max(breadth, 0.06), BAR_M])
    half = 0.5 * np.array([thickness, breadth, length])
    pieces = [Piece("bar", bar, np.array([0, 0, -0.5 * BAR_M]), hand.PALM_FRICTION)]
    moments = numbers(inertia(np.full(3, 0.1), FINGER_KG))
    palm, fingers, actuators = list(pieces), "", hand.servos()
    for k, side in enumerate([-1.0, 1.0]):
        name, at = f"finger{k}", np.array([side * out, 0.0, 0.5 * length])
        pieces.append(Piece(name, half, at, pad_friction))
        fingers += (
            f'<body pos="{numbers(at)}" gravcomp="1">'
            f'<joint name="{name}" type="slide" axis="{-side} 0 0" range="0 {out!r}"/>'
            f'<inertial pos="0 0 0" mass="{FINGER_KG}" diaginertia="{moments}"/>{box_geom(name, half)}</body>'
        )
        actuators += f'<position name="{name}" joint="{name}" kp="{LOCK[0]}" kv="{LOCK[1]}" forcerange="-1 1"/>'
    return Tool(hand.palm(palm, fingers), actuators, pieces)


class Jaw:
    """The two fingers in a world."""

    def __init__(self, world: World, gripper: Gripper) -> None:
        self.world = world
        self.max_force = float(gripper.numbers[1])
        self._closing: int | None = None
        self._opening = False
        self._felt = deque([np.zeros(2)], maxlen=max(round(WINDOW_S / world.dt), 1))
        self._untouched_s = 0.0
        for k in range(2):
            self._set_servo(k, LOCK, 4.0 * self.max_force)

    def _set_servo(self, finger: int, spring: tuple[float, float], limit: float) -> None:
        actuator = self.world.model.actuator(f"finger{finger}")
        actuator.gainprm[0] = spring[0]
        actuator.biasprm[1:3] = [-spring[0], -spring[1]]
        actuator.forcerange[:] = [-limit, limit]

    def _travel(self, finger: int) -> float:
        return float(self.world.data.joint(f"finger{finger}").qpos[0])

    def _pad_forces(self, target: int) -> Array:
        return np.array([self.world.normal_force(f"finger{k}", target) for k in range(2)])

    def close(self, target: int) -> bool:
        """Moves both fingers inwards; whether both pads press on box `target` firmly enough."""
        if self._closing is None:
            for k in range(2):
                self._set_servo(k, SQUEEZE, self.max_force)
                self.world.data.actuator(f"finger{k}").ctrl[0] = self._travel(k)
            self._closing = target
        for k in range(2):
            self.world.data.actuator(f"finger{k}").ctrl[0] += CLOSING_SPEED * self.world.dt
        self._felt.append(self._pad_forces(target))
        full = len(self._felt) == self._felt.maxlen
        if not full or np.mean(self._felt, axis=0).min() < FORMED * self.max_force:
            return False
        self._set_servo(0, LOCK, 4.0 * self.max_force)
        self.world.data.actuator("finger0").ctrl[0] = self._travel(0) + self.max_force / LOCK[0]
        # From here on the other finger presses with its whole force, wherever the box is.
        self.world.data.actuator("finger1").ctrl[0] += 0.1
        for k in range(2):
            self.world.make_slippery(f"finger{k}", spare=target)
        return True

    def hold(self, target: int) -> bool:
        """Whether a pad still touches box `target`, or did a moment ago."""
        touched = self._pad_forces(target).any()
        self._untouched_s = 0.0 if touched else self._untouched_s + self.world.dt
        return self._untouched_s < LOST_S

    def open(self) -> None:
        """Begins to move both fingers apart."""
        if self._closing is None:
            return
        for k in range(2):
            self._set_servo(k, SQUEEZE, self.max_force)
            self.world.data.actuator(f"finger{k}").ctrl[0] = self._travel(k)
            self.world.restore_friction(f"finger{k}")
        self._closing, self._opening = None, True

    def move(self) -> None:
        """Moves opening fingers on, as slowly as they closed: not with all their force, which flings them apart."""
        if self._opening:
            for k in range(2):
                servo = self.world.data.actuator(f"finger{k}")
                servo.ctrl[0] = max(servo.ctrl[0] - CLOSING_SPEED * self.world.dt, 0.0)
