"""The hand: a palm that motors drive after a commanded pose, with a tool on it.

Owns the palm's drive, with the stiffness, damping, mass and caps that `src/sandbox/hand.rs` states:
three slides whose servos are capped together at `max_hand_force` (15 N while it feels its way), and
a ball joint. What the tool does is in `suction.py` and `jaw.py`.
"""

from __future__ import annotations

from typing import Protocol

import mujoco
import numpy as np

from dataset import Array, Gripper
from poses import Pose, rotation_vector
from world import PARK, Piece, Tool, World, box_geom, inertia, numbers, shared_caps

PALM_KG = 2.0
PALM_FRICTION = 0.5
DRIVE = (1.0e5, 2.5e3)
"""N/m and N·s/m."""
TURN = (4.0e3, 1.0e2)
"""N·m/rad and N·m·s/rad."""
LEVER_M = 0.25
GUARD_N = 15.0
MAX_SLIP_M = 0.020
MAX_SLIP_RAD = np.radians(15.0)


class Grip(Protocol):
    """What holds a box: a cup or a jaw."""

    def close(self, target: int) -> bool:
        """Tries to grip box `target`; whether the grip has formed."""

    def hold(self, target: int) -> bool:
        """Prepares the coming step of a formed grip; whether it still holds."""

    def open(self) -> None:
        """Lets go."""

    def move(self) -> None:
        """Prepares the coming step of what moves by itself: fingers on their way apart."""


def palm(pieces: list[Piece], fingers: str) -> str:
    """MJCF of the palm with its collision pieces and what hangs on it."""
    moments = inertia(np.full(3, 0.12), PALM_KG)
    slides = "".join(
        f'<joint name="hand_{axis}" type="slide" axis="{numbers(np.eye(3)[k])}"/>' for k, axis in enumerate("xyz")
    )
    geoms = "".join(box_geom(piece.name, piece.half, piece.at) for piece in pieces)
    return (
        f'<body name="hand" gravcomp="1">{slides}<joint name="hand_turn" type="ball" damping="{TURN[1]}"/>'
        f'<inertial pos="0 0 0" mass="{PALM_KG}" diaginertia="{numbers(moments)}"/>{geoms}{fingers}</body>'
    )


def servos() -> str:
    """MJCF of the three linear servos; their caps are set in every step."""
    return "".join(
        f'<position name="hand_{axis}" joint="hand_{axis}" kp="{DRIVE[0]}" kv="{DRIVE[1]}" forcerange="-1 1"/>'
        for axis in "xyz"
    )


class Hand:
    """The palm in a world, and the grip on it."""

    def __init__(self, world: World, grip: Grip) -> None:
        model = world.model
        self.world, self.grip = world, grip
        self._body = model.body("hand").id
        joints = [model.joint(f"hand_{axis}").id for axis in "xyz"]
        self._slides = model.jnt_qposadr[joints]
        self._slide_dofs = model.jnt_dofadr[joints]
        turn = model.joint("hand_turn").id
        self._turn = model.jnt_qposadr[turn] + np.arange(4)
        self._turn_dofs = model.jnt_dofadr[turn] + np.arange(3)
        self._actuators = [model.actuator(f"hand_{axis}").id for axis in "xyz"]
        self._offset = Pose.identity()
        self._command = Pose(PARK, np.eye(3))
        self._limit = world.episode.max_hand_force
        self._held_at: Pose | None = None
        self.place(self._command)

    def place(self, pose: Pose) -> None:
        """Puts the palm at `pose`, at rest."""
        data = self.world.data
        quaternion = np.zeros(4)
        mujoco.mju_mat2Quat(quaternion, pose.rotation.flatten())
        data.qpos[self._slides], data.qpos[self._turn] = pose.position, quaternion
        data.qvel[self._slide_dofs] = data.qvel[self._turn_dofs] = 0.0
        self._command = pose
        mujoco.mj_forward(self.world.model, data)
        self.steer(pose, self.world.episode.max_hand_force)

    @property
    def pose(self) -> Pose:
        """Where the palm is: the hand frame."""
        data = self.world.data
        return Pose(data.xpos[self._body].copy(), data.xmat[self._body].reshape(3, 3).copy())

    def steer(self, pose: Pose, limit: float) -> None:
        """Commands the hand to be at `pose` at the end of the coming step, with `limit` N at most."""
        self._drive(pose @ self._offset, limit)

    def stay(self) -> None:
        """Commands the hand to stay for the coming step where it was last told to be."""
        self._drive(self._command, self._limit)

    def _drive(self, command: Pose, limit: float) -> None:
        data, dt = self.world.data, self.world.dt
        velocity = (command.position - self._command.position) / dt
        error = command.position - data.qpos[self._slides]
        wanted = error * DRIVE[0] + (velocity - data.qvel[self._slide_dofs]) * DRIVE[1]
        caps = shared_caps(wanted, limit)
        self.world.model.actuator_forcerange[self._actuators] = np.stack([-caps, caps], axis=1)
        data.ctrl[self._actuators] = command.position + velocity * (DRIVE[1] / DRIVE[0])
        self._turn_towards(command, limit)
        self._command, self._limit = command, limit
        self.grip.move()

    def _turn_towards(self, command: Pose, limit: float) -> None:
        """Torques on the ball joint; its damping is the joint's own, so that it acts implicitly.

        The cap is on what spring and damper make together. On the torque alone, with the damper left beside it,
        no hand turned faster than 0.6 rad/s, and jaws came to their boxes up to 50 degrees askew.
        """
        data, dt = self.world.data, self.world.dt
        rotation = self.pose.rotation
        error = rotation_vector(rotation.T @ command.rotation)
        spin = rotation.T @ self._command.rotation @ rotation_vector(self._command.rotation.T @ command.rotation) / dt
        now = data.qvel[self._turn_dofs]
        torque = error * TURN[0] + (spin - now) * TURN[1]
        most = limit * LEVER_M
        data.qfrc_applied[self._turn_dofs] = np.clip(torque, -most, most) + now * TURN[1]

    def close(self, target: int) -> bool:
        """Tries to grip box `target`; whether the grip has formed."""
        if not self.grip.close(target):
            return False
        # From here on the commanded path is followed from where the hand really is.
        pose = self.pose
        # That is no motion, so it must not be taken for a velocity of the command.
        self._offset = self._offset @ (self._command.inverse() @ pose)
        self._command = pose
        self._held_at = pose.inverse() @ self.world.pose(target)
        return True

    def hold(self, target: int) -> bool:
        """Looks at a formed grip after a step; lets go where it is too much."""
        if self._held_at is None:
            return False
        slip = self._held_at.inverse() @ (self.pose.inverse() @ self.world.pose(target))
        slipped = (
            np.linalg.norm(slip.position) > MAX_SLIP_M
            or np.linalg.norm(rotation_vector(slip.rotation)) > MAX_SLIP_RAD
        )
        if slipped or not self.grip.hold(target):
            self.open()
            return False
        return True

    def open(self) -> None:
        """Lets go."""
        self._held_at = None
        self.grip.open()

    def vanish(self) -> None:
        """Takes the hand out of the scene."""
        self.open()
        self._offset = Pose.identity()
        self.place(Pose(PARK, np.eye(3)))


def make_tool(gripper: Gripper | None, opening: float) -> Tool:
    """The bodies of the hand with `gripper`, its jaw `opening` metres wide; nothing where no hand takes part."""
    import jaw
    import suction

    if gripper is None:
        return Tool()
    if gripper.kind == "suction":
        return suction.tool(gripper)
    return jaw.tool(gripper, opening)


def make_hand(world: World, gripper: Gripper, opening: float) -> Hand:
    """The hand in `world`, whose model was made with this gripper's tool."""
    import jaw
    import suction

    if gripper.kind == "suction":
        return Hand(world, suction.Cup(world, gripper))
    return Hand(world, jaw.Jaw(world, gripper))
