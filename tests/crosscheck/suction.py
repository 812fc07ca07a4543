"""A vacuum cup: a spring between palm and box that lets go at its limits.

Owns the seal, the spring and the limit |shear| <= max_shear, pull / max_pull + |moment| / max_moment <= 1,
with the constants that `src/sandbox/suction.rs` states. Pressing the cup onto the box goes through
MuJoCo's own contact.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

import hand
from dataset import Array, Gripper
from poses import Pose, rotation_vector
from world import Piece, Tool, World

LIP = (2.0e4, 4.0e2)
"""N/m and N·s/m."""
BEND = (1.2e2, 3.0)
"""N·m/rad and N·m·s/rad."""
SEAL_GAP_M = 0.008
SEAL_ANGLE_RAD = 0.175
EDGE_SLACK_M = 0.002
TRAVEL_M = 0.018
PATIENCE_S = 0.0125
STEM_M = 0.10
PALM_M = np.array([0.10, 0.10, 0.08])


def tool(gripper: Gripper) -> Tool:
    """A palm with a stem, as `src/grasp/hand.rs` shapes them."""
    radius = gripper.numbers[0]
    pieces = [
        Piece("stem", np.array([radius, radius, 0.5 * STEM_M]), np.array([0, 0, -0.5 * STEM_M]), hand.PALM_FRICTION),
        Piece("palm", 0.5 * PALM_M, np.array([0, 0, -STEM_M - 0.5 * PALM_M[2]]), hand.PALM_FRICTION),
    ]
    return Tool(body=hand.palm(pieces, ""), actuators=hand.servos(), pieces=pieces)


@dataclass
class Seal:
    """Where the cup holds a box."""

    target: int
    on_box: Pose
    over_s: float = 0.0


class Cup:
    """The cup, and its seal while it holds."""

    def __init__(self, world: World, gripper: Gripper) -> None:
        self.world = world
        self.radius, self.max_pull, self.max_shear, self.max_moment = gripper.numbers[:4]
        self._hand = world.model.body("hand").id
        self._seal: Seal | None = None

    def _pose(self) -> Pose:
        data = self.world.data
        return Pose(data.xpos[self._hand].copy(), data.xmat[self._hand].reshape(3, 3).copy())

    def close(self, target: int) -> bool:
        """Seals onto box `target` if the whole lip lies on its face."""
        on_box = self.world.pose(target).inverse() @ self._pose()
        if not self._lies_on_a_face(on_box, self.world.episode.box_size[target]):
            return False
        self._seal = Seal(target, on_box)
        for piece in self.world.pieces:
            self.world.make_slippery(piece, spare=None)
        self.hold(target)
        return True

    def _lies_on_a_face(self, on_box: Pose, size: Array) -> bool:
        inward = on_box.rotation[:, 2]
        axis = int(np.argmax(np.abs(inward)))
        gap = -np.sign(inward[axis]) * on_box.position[axis] - 0.5 * size[axis]
        across = [k for k in range(3) if k != axis]
        fits = all(abs(on_box.position[k]) + self.radius <= 0.5 * size[k] + EDGE_SLACK_M for k in across)
        return bool(abs(inward[axis]) >= np.cos(SEAL_ANGLE_RAD) and abs(gap) <= SEAL_GAP_M and fits)

    def hold(self, target: int) -> bool:
        """Lets the spring act on the coming step; whether the seal still holds."""
        seal = self._seal
        if seal is None:
            return False
        world, frame = self.world, self._pose()
        sealed = world.pose(target) @ seal.on_box
        stretch = frame.inverse() @ sealed
        slide, turn = self._relative_velocity(target, sealed.position, frame)
        lip, bend = self._springs(target)
        force = stretch.position * lip[0] + slide * lip[1]
        moment = rotation_vector(stretch.rotation) * bend[0] + turn * bend[1]
        used = max(
            float(np.hypot(force[0], force[1])) / self.max_shear,
            max(force[2], 0.0) / self.max_pull + float(np.linalg.norm(moment)) / self.max_moment,
        )
        seal.over_s = seal.over_s + world.dt if used > 1.0 else 0.0
        if seal.over_s > PATIENCE_S - 0.5 * world.dt or np.linalg.norm(stretch.position) > TRAVEL_M:
            return False
        self._act(target, frame.rotation @ force, frame.rotation @ moment, sealed.position)
        return True

    def _relative_velocity(self, target: int, at: Array, frame: Pose) -> tuple[Array, Array]:
        """Of the box against the hand at the point `at`: velocity and spin in the hand frame."""
        linear, spin = self.world.velocity(target, at)
        of_hand = np.zeros(6)
        mujoco.mj_objectVelocity(
            self.world.model, self.world.data, mujoco.mjtObj.mjOBJ_XBODY, self._hand, of_hand, 0
        )
        hand_linear = of_hand[3:] + np.cross(of_hand[:3], at - frame.position)
        into_hand = frame.rotation.T
        return into_hand @ (linear - hand_linear), into_hand @ (spin - of_hand[:3])

    def _springs(self, target: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """The cup's springs, softer on boxes too light for an explicit spring at this time step."""
        mass = self.world.model.body(f"box{target}").mass[0]
        least = self.world.model.body(f"box{target}").inertia.min()
        dt = self.world.dt
        lip = (min(LIP[0], 0.25 * mass / dt**2), min(LIP[1], 0.25 * mass / dt))
        bend = (min(BEND[0], 0.25 * least / dt**2), min(BEND[1], 0.25 * least / dt))
        return lip, bend

    def _act(self, target: int, force: Array, moment: Array, at: Array) -> None:
        self.world.push(target, -force, -moment, at)
        arm = at - self.world.data.xipos[self._hand]
        self.world.data.xfrc_applied[self._hand] = np.concatenate([force, moment + np.cross(arm, force)])

    def open(self) -> None:
        """Vents the cup."""
        if self._seal is None:
            return
        self.world.push(self._seal.target, np.zeros(3), np.zeros(3), np.zeros(3))
        self.world.data.xfrc_applied[self._hand] = 0.0
        self._seal = None
        for piece in self.world.pieces:
            self.world.restore_friction(piece)
