"""A vacuum cup: a spring between palm and box that lets go at its limits.

Owns the seal, the spring and the limit |shear| <= max_shear, pull / max_pull + |moment| / max_moment <= 1,
with the constants that `src/sandbox/suction.rs` states, but the load read from stretch and speed. Pressing the cup onto the box goes through
MuJoCo's own contact.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

import hand
from dataset import Array, Gripper
from poses import Pose, rotation_vector
from world import Piece, Tool, World

LIP = (2.0e4, 4.0e2)
"""A small cup's bellows, N/m and N·s/m."""
BEND = (1.2e2, 3.0)
"""N·m/rad and N·m·s/rad."""
GIVES_M = 0.009
"""A stronger cup's bellows give no more than this under all that it holds."""
BENDS_RAD = 0.06
STRONGEST = (3.0e3, 120.0)
"""No bellows is made for more, N and N·m."""
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


def no_softer(spring: tuple[float, float], load: float, gives: float) -> tuple[float, float]:
    """`spring`, or one of its kind that gives no more than `gives` under `load`, as damped."""
    stiffer = max(load / (spring[0] * gives), 1.0)
    return spring[0] * stiffer, spring[1] * np.sqrt(stiffer)


@dataclass
class Seal:
    """Where the cup holds a box."""

    target: int
    on_box: Pose
    over_s: float = 0.0
    load: Array = field(default_factory=lambda: np.zeros(6))
    """What the cup does to the hand in the latest step: force (N) and moment (N·m) in the hand frame."""
    velocity: Array | None = None
    """Of the box against the hand one step ago."""


class Cup:
    """The cup, and its seal while it holds."""

    def __init__(self, world: World, gripper: Gripper) -> None:
        self.world = world
        self.radius, self.max_pull, self.max_shear, self.max_moment = gripper.numbers[:4]
        self.lip = no_softer(LIP, min(max(self.max_pull, self.max_shear), STRONGEST[0]), GIVES_M)
        self.bend = no_softer(BEND, min(self.max_moment, STRONGEST[1]), BENDS_RAD)
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
        stiffness, damping = (np.repeat([self.lip[k], self.bend[k]], 3) for k in range(2))
        spring = np.concatenate([stretch.position, rotation_vector(stretch.rotation)]) * stiffness
        velocity = np.concatenate([slide, turn])
        load = spring + velocity * damping
        used = max(
            float(np.hypot(load[0], load[1])) / self.max_shear,
            max(load[2], 0.0) / self.max_pull + float(np.linalg.norm(load[3:])) / self.max_moment,
        )
        seal.over_s = seal.over_s + world.dt if used > 1.0 else 0.0
        if seal.over_s > PATIENCE_S - 0.5 * world.dt or np.linalg.norm(stretch.position) > TRAVEL_M:
            return False
        # The damper is solved for the velocity at the step's end, as an explicit one would be unstable on
        # light boxes: what else acts on the velocity is taken to be what it was in the step before.
        before = velocity if seal.velocity is None else seal.velocity
        easing = np.eye(6) + world.dt * damping[:, None] * self._mobility(target, sealed.position, frame)
        ahead = spring + (2.0 * velocity - before) * damping
        seal.load = seal.load + np.linalg.solve(easing, ahead - seal.load)
        seal.velocity = velocity
        self._act(target, frame.rotation @ seal.load[:3], frame.rotation @ seal.load[3:], sealed.position)
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

    def _mobility(self, target: int, at: Array, frame: Pose) -> Array:
        """How the box and the hand give to a load between them at the point `at`: `[6, 6]`, in the hand frame."""
        world, model = self.world, self.world.model
        box = model.body(f"box{target}").id
        about_box = world.data.ximat[box].reshape(3, 3)
        held = _mobility(model.body_mass[box], model.body_inertia[box], about_box, at - world.data.xipos[box])
        # The servo's and the ball joint's dampers are solved for the step's end too, so they add to the inertia.
        turns = model.body_inertia[self._hand] + hand.TURN[1] * world.dt
        holds = _mobility(model.body_mass[self._hand], turns, frame.rotation, at - world.data.xipos[self._hand])
        into_hand = np.kron(np.eye(2), frame.rotation.T)
        return into_hand @ (held + holds) @ into_hand.T

    def _act(self, target: int, force: Array, moment: Array, at: Array) -> None:
        self.world.push(target, -force, -moment, at)
        arm = at - self.world.data.xipos[self._hand]
        self.world.data.xfrc_applied[self._hand] = np.concatenate([force, moment + np.cross(arm, force)])

    def move(self) -> None:
        """Nothing of a cup moves by itself."""

    def open(self) -> None:
        """Vents the cup."""
        if self._seal is None:
            return
        self.world.push(self._seal.target, np.zeros(3), np.zeros(3), np.zeros(3))
        self.world.data.xfrc_applied[self._hand] = 0.0
        self._seal = None
        for piece in self.world.pieces:
            self.world.restore_friction(piece)


def _mobility(mass: float, moments: Array, axes: Array, arm: Array) -> Array:
    """The acceleration of a free body at `arm` from its centre of mass for a load there, `[6, 6]`."""
    x, y, z = arm
    shift = np.eye(6)
    shift[:3, 3:] = [[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]]
    inverse = np.zeros((6, 6))
    inverse[:3, :3] = np.eye(3) / mass
    inverse[3:, 3:] = axes @ np.diag(1.0 / moments) @ axes.T
    return shift @ inverse @ shift.T
