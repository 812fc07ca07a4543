"""An episode's scene as a MuJoCo model, and the world that is stepped.

Owns the engine's parameters and the friction: the sandbox takes the mean of two surfaces'
coefficients where MuJoCo takes the larger, so no geom collides by itself and each pair that may
touch is an explicit `<pair>` with its effective coefficient. Elliptic cones, since the sandbox's
friction is isotropic. Knows nothing of what a hand does; its bodies are part of the model from the
start, parked far away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

from dataset import Array, Episode
from poses import Pose, wxyz

GRAVITY = 9.81
"""m/s²."""
PARK = np.array([60.0, 60.0, 20.0])
"""Where what is not in the scene waits, m."""
NUDGE_DRIVE = (2.0e5, 4.0e3)
"""Of what ties a nudged box's centre to its path, N/m and N·s/m, as `src/rollout/nudge.rs` states."""
CONTACT_TIME_CONSTANT_S = 0.0025
"""How fast a contact gives, s: an eighth of MuJoCo's default, near to a rigid body. At 0.01 s a tower of seven
whose weight lies 6 mm inside an edge topples untouched; at this it stands, as it should."""
CONTACT_IMPEDANCE = "0.95 0.99 0.001"
"""MuJoCo's `solimp`: a box of 5 kg sinks 0.01 mm where it stands, and creeps less than that."""
LEAST_FRICTION = 1e-5
"""The least coefficient that MuJoCo takes."""
IMPRATIO = 20.0
"""Friction this much stiffer than normal contact: boxes on a slope under the limit do not creep."""


@dataclass
class Piece:
    """One of the hand's collision boxes; `at` in the hand frame, before the fingers close."""

    name: str
    half: Array
    at: Array
    friction: float


@dataclass
class Tool:
    """The hand's bodies as the model needs them: MJCF of bodies and actuators, and their pieces."""

    body: str = ""
    actuators: str = ""
    pieces: list[Piece] = field(default_factory=list)


def numbers(values: Array | list[float]) -> str:
    """Numbers as MJCF writes them, every bit kept."""
    return " ".join(repr(float(value)) for value in values)


def box_geom(name: str, half: Array, at: Array | None = None) -> str:
    """A box geom that collides only where a pair says so."""
    place = "" if at is None else f' pos="{numbers(at)}"'
    return f'<geom name="{name}" type="box" size="{numbers(half)}"{place} contype="0" conaffinity="0"/>'


def inertia(size: Array, mass: float) -> Array:
    """Principal moments of a uniform cuboid, kg·m²."""
    squares = size * size
    return mass / 12.0 * (squares.sum() - squares)


def _bodies(episode: Episode) -> str:
    out = ['<geom name="ground" type="plane" size="0 0 1" contype="0" conaffinity="0"/>']
    for i, size in enumerate(episode.fixture_size):
        pose = episode.fixture_pose
        out.append(
            f'<body pos="{numbers(pose.position[i])}" quat="{numbers(wxyz(pose.rotation[i]))}">'
            f'{box_geom(f"fixture{i}", size / 2)}</body>'
        )
    for i, size in enumerate(episode.box_size):
        pose, mass = episode.box_pose, episode.box_mass[i]
        mark = '<site name="nudged"/>' if i == episode.action.box else ""
        out.append(
            f'<body name="box{i}" pos="{numbers(pose.position[i])}" quat="{numbers(wxyz(pose.rotation[i]))}">'
            f'<freejoint/><inertial pos="{numbers(episode.box_com[i])}" mass="{float(mass)!r}" '
            f'diaginertia="{numbers(inertia(size, mass))}"/>{box_geom(f"box{i}", size / 2)}{mark}</body>'
        )
    return "\n".join(out)


def _surfaces(episode: Episode) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """What stands still and what moves: names and coefficients of friction."""
    still = [("ground", episode.ground_friction)]
    still += [(f"fixture{i}", mu) for i, mu in enumerate(episode.fixture_friction)]
    return still, [(f"box{i}", mu) for i, mu in enumerate(episode.box_friction)]


def _pairs(episode: Episode, tool: Tool) -> str:
    still, boxes = _surfaces(episode)
    hand = [(piece.name, piece.friction) for piece in tool.pieces]
    touching = [(a, b) for i, b in enumerate(boxes) for a in still + boxes[:i]]
    touching += [(a, b) for b in hand for a in still + boxes]
    return "\n".join(
        f'<pair name="{a}|{b}" geom1="{a}" geom2="{b}" condim="3" '
        f'friction="{numbers([0.5 * (mu_a + mu_b)] * 2 + [0.0, 0.0, 0.0])}"/>'
        for (a, mu_a), (b, mu_b) in touching
    )


def shared_caps(wanted: Array, limit: float) -> Array:
    """What each of three servos may do at most, N, where together they want `wanted`.

    The cap is on the force's length, so it is shared out along the direction it is wanted in.
    """
    strength = float(np.linalg.norm(wanted))
    return np.abs(wanted) / strength * limit if strength > 0.5 * limit else np.full(3, limit)


def _nudge_servos() -> str:
    """MJCF of the nudge's drive, which is off until it is needed; its damper acts implicitly.

    A soft equality constraint of the same stiffness makes a light box chatter on what it stands on, and its
    weight's friction with it.
    """
    return "".join(
        f'<general name="nudge_{axis}" site="nudged" refsite="origin" gear="{numbers(gear)}" '
        f'gainprm="0" biastype="affine" biasprm="0 0 0" forcerange="-1 1"/>'
        for axis, gear in zip("xyz", np.eye(3, 6), strict=True)
    )


def mjcf(episode: Episode, tool: Tool, dt: float) -> str:
    """The whole model of `episode` with `tool`, stepped every `dt` seconds."""
    return f"""<mujoco>
<compiler angle="radian" autolimits="true"/>
<option timestep="{dt!r}" integrator="implicitfast" cone="elliptic" impratio="{IMPRATIO}" gravity="0 0 -{GRAVITY}"/>
<default><pair solref="{CONTACT_TIME_CONSTANT_S} 1" solimp="{CONTACT_IMPEDANCE}"/></default>
<worldbody>
{_bodies(episode)}
<site name="origin"/>
{tool.body}
</worldbody>
<contact>
{_pairs(episode, tool)}
</contact>
<actuator>{tool.actuators}{_nudge_servos()}</actuator>
</mujoco>"""


class World:
    """A stepped scene: boxes by index, forces on them, friction of pairs."""

    def __init__(self, episode: Episode, tool: Tool, dt: float) -> None:
        self.episode = episode
        self.model = mujoco.MjModel.from_xml_string(mjcf(episode, tool, dt))
        self.data = mujoco.MjData(self.model)
        self.dt = dt
        self.pieces = [piece.name for piece in tool.pieces]
        n = len(episode.box_size)
        self._body = np.array([self.model.body(f"box{i}").id for i in range(n)])
        joints = self.model.body_jntadr[self._body]
        self._dof = self.model.jnt_dofadr[joints][:, None] + np.arange(6)
        self._qpos = self.model.jnt_qposadr[joints][:, None] + np.arange(7)
        self.present = np.ones(n, dtype=bool)
        names = [f"box{i}" for i in range(n)] + self.pieces
        self._geom = {name: self.model.geom(name).id for name in names}
        self._nudge = [self.model.actuator(f"nudge_{axis}").id for axis in "xyz"]
        self._pair_friction = self.model.pair_friction.copy()
        self._pairs_of: dict[str, list[tuple[int, str]]] = {}
        for k in range(self.model.npair):
            other, piece = self.model.pair(k).name.split("|")
            self._pairs_of.setdefault(piece, []).append((k, other))
        mujoco.mj_forward(self.model, self.data)

    def slow(self, share: float) -> None:
        """Leaves `share` of all speeds."""
        self.data.qvel *= share

    def step(self) -> None:
        """One step; raises `FloatingPointError` when the state is no longer finite."""
        mujoco.mj_step(self.model, self.data)
        # A step leaves the poses of its beginning beside the velocities of its end; contacts stay as they were.
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)
        mujoco.mj_comVel(self.model, self.data)
        if self.data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number:
            raise FloatingPointError(f"episode {self.episode.index}: MuJoCo lost a body")

    def positions(self) -> Array:
        """Centres of all boxes, `[N, 3]`, m."""
        return self.data.xpos[self._body].copy()

    def rotations(self) -> Array:
        """Rotation matrices of all boxes, `[N, 3, 3]`."""
        return self.data.xmat[self._body].reshape(-1, 3, 3).copy()

    def speeds(self) -> tuple[Array, Array]:
        """Speed of each centre in m/s and its spin in rad/s, `[N]`."""
        velocity = self.data.qvel[self._dof]
        return np.linalg.norm(velocity[:, :3], axis=1), np.linalg.norm(velocity[:, 3:], axis=1)

    def pose(self, box: int) -> Pose:
        """Where box `box` is."""
        body = self._body[box]
        return Pose(self.data.xpos[body].copy(), self.data.xmat[body].reshape(3, 3).copy())

    def velocity(self, box: int, at: Array) -> tuple[Array, Array]:
        """Velocity of box `box`'s material at the point `at`, and its spin; in the world."""
        body = self._body[box]
        velocity = self.data.qvel[self._dof[box]]
        spin = self.data.xmat[body].reshape(3, 3) @ velocity[3:]
        return velocity[:3] + np.cross(spin, at - self.data.xpos[body]), spin

    def push(self, box: int, force: Array, torque: Array, at: Array) -> None:
        """Lets `force` (N, at `at`) and `torque` (N·m) act on box `box` from the coming step on."""
        body = self._body[box]
        about_com = torque + np.cross(at - self.data.xipos[body], force)
        self.data.xfrc_applied[body] = np.concatenate([force, about_com])

    def remove(self, box: int) -> None:
        """Takes box `box` out: to rest on the ground, far from everything."""
        self.present[box] = False
        half = 0.5 * self.episode.box_size[box]
        self.data.qpos[self._qpos[box]] = [-PARK[0], PARK[1], half[2], 1.0, 0.0, 0.0, 0.0]
        self.data.qvel[self._dof[box]] = 0.0
        self.data.xfrc_applied[self._body[box]] = 0.0

    def tie_nudge(self, at: Array, velocity: Array) -> None:
        """Ties the centre of the box that is acted on to a point that is at `at` and moves with `velocity`.

        With no more than the robot's force, by `shared_caps`.
        """
        stiffness, damping = NUDGE_DRIVE
        centre, box = self.pose(self.episode.action.box).position, self.episode.action.box
        behind, slower = at - centre, velocity - self.data.qvel[self._dof[box][:3]]
        caps = shared_caps(behind * stiffness + slower * damping, self.episode.max_hand_force)
        self.model.actuator_forcerange[self._nudge] = np.stack([-caps, caps], axis=1)
        self.model.actuator_gainprm[self._nudge, 0] = stiffness
        self.model.actuator_biasprm[self._nudge, 1:3] = [-stiffness, -damping]
        self.data.ctrl[self._nudge] = at + velocity * (damping / stiffness)

    def untie_nudge(self) -> None:
        """Lets that box go."""
        self.model.actuator_gainprm[self._nudge] = self.model.actuator_biasprm[self._nudge] = 0.0

    def normal_force(self, piece: str, box: int) -> float:
        """The normal force between a piece of the hand and box `box` in the latest step, N."""
        contact = self.data.contact
        low, high = sorted((self._geom[piece], self._geom[f"box{box}"]))
        between = (contact.geom.min(axis=1) == low) & (contact.geom.max(axis=1) == high)
        rows = contact.efc_address[between & (contact.efc_address >= 0)]
        return float(self.data.efc_force[rows].sum())

    def make_slippery(self, piece: str, spare: int | None) -> None:
        """Takes a piece of the hand's friction with everything but box `spare`."""
        for k, other in self._pairs_of.get(piece, []):
            if spare is None or other != f"box{spare}":
                self.model.pair_friction[k, :2] = LEAST_FRICTION

    def restore_friction(self, piece: str) -> None:
        """Gives a piece of the hand the coefficients that it began with."""
        for k, _ in self._pairs_of.get(piece, []):
            self.model.pair_friction[k] = self._pair_friction[k]
