"""One episode in MuJoCo, by the step's clock of design, section 2.

Owns the order of things, as `src/sandbox/episode.rs` has it: settle 0.5 s, take the references, carry
the action out, let a removed box vanish once it is 0.10 m clear, then run on until all is still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import jaw
from dataset import Action, Episode
from hand import GUARD_N, Hand, make_hand, make_tool
from judge import Judge
from motion import Nudge, motion_at
from poses import Pose, gap, matrix, support
from world import World

STEPS_PER_S = 960
"""Four times the sandbox's rate: MuJoCo's contacts need two steps in their time constant."""
LOOKS_PER_S = 240
"""How often the judge looks: in every step of the sandbox."""
SETTLE_S = 0.5
PARTING_S = 0.1
"""How long boxes move as if in honey at first: a draw comes with the sandbox's overlaps, up to 2 mm under a
heavy box, and parting them must not be a blow."""
PARTING_DAMPING_S = 0.005
CLEAR_M = 0.10
CLEAR_EVERY_S = 0.05
REST_LIMIT_S = 3.0
CALM_SPEED = 0.005
CALM_SPIN = 0.025
CALM_S = 0.25
GRIP_WAIT_S = 0.35
GUARD_S = 0.3
NEAR_M = 0.05
FLIGHT_SAMPLE_S = 0.02
PUSH_S = 0.5


@dataclass(frozen=True)
class Verdict:
    """What MuJoCo says of an episode."""

    disturb: bool
    tilt: bool
    dropped: bool
    completed: bool
    worst_displacement: float
    worst_tilt: float
    first_box: int | None
    settle_drift: float


class Run:
    """An episode under way."""

    def __init__(self, episode: Episode, steps_per_s: int) -> None:
        self.episode, self.action = episode, episode.action
        dt = 1.0 / steps_per_s
        self.opening = approach_opening(episode, episode.action)
        self.world = World(episode, make_tool(self.action.gripper, self.opening), dt)
        self.hand: Hand | None = None
        if self.action.gripper is not None:
            self.hand = make_hand(self.world, self.action.gripper, self.opening)
        start = self.world.positions()
        for k in range(round(SETTLE_S / dt)):
            self.world.step()
            if k * dt < PARTING_S:
                self.world.slow(float(np.exp(-dt / PARTING_DAMPING_S)))
        self.settle_drift = float(np.linalg.norm(self.world.positions() - start, axis=1).max())
        self.judge = Judge.start(self.world)
        self._look_every = max(round(steps_per_s / LOOKS_PER_S), 1)
        self._clear_every = round(CLEAR_EVERY_S / dt)
        self.clock = 0
        self.stopped = False
        self.dropped = self.completed = False

    @property
    def t(self) -> float:
        """s since the action's start."""
        return self.clock * self.world.dt

    def step(self) -> None:
        """One step, and a look at what it did."""
        self.world.step()
        self.clock += 1
        if self.clock % self._look_every == 0:
            self.judge.look(self.world, self.t)

    def nudge(self) -> None:
        """Drives the box's centre, free to rotate, and lets go."""
        box, by = self.action.box, self.action.nudge_by
        assert by is not None
        start, nudge = self.world.pose(box).position, Nudge(float(np.linalg.norm(by)))
        along, dt = by / max(nudge.way, 1e-12), self.world.dt
        while self.t < nudge.lasting:
            now, ahead = nudge.travel(self.t), nudge.travel(self.t + dt)
            self.world.tie_nudge(start + along * ahead, along * ((ahead - now) / dt))
            self.step()
        self.world.untie_nudge()

    def push(self) -> None:
        """Lets a force act on the box's centre."""
        box, force = self.action.box, self.action.push_force
        assert force is not None
        while self.t < PUSH_S:
            self.world.push(box, force, np.zeros(3), self.world.pose(box).position)
            self.step()
        self.world.push(box, np.zeros(3), np.zeros(3), np.zeros(3))

    def grasp(self) -> None:
        """The hand's part: out, grip, carry, and gone."""
        hand, motion, target = self.hand, self.action.motion, self.action.box
        assert hand is not None and motion is not None
        closes = float(motion.t[np.argmax(motion.closed)]) if motion.closed.any() else np.inf
        self.clock = int(end_of_free_flight(self.world, self.action, self.opening, closes) / self.world.dt)
        hand.place(motion_at(motion, self.t)[0])
        phase, waiting_since = "reaching", None
        while self.t < motion.t[-1]:
            pose, closed = motion_at(motion, self.t + self.world.dt)
            feeling = phase == "reaching" and self.t + self.world.dt > closes - GUARD_S
            limit = self.episode.max_hand_force
            hand.steer(pose, min(limit, GUARD_N) if feeling else limit)
            self.step()
            if phase == "reaching" and closed:
                waiting_since = self.t if waiting_since is None else waiting_since
                if hand.close(target):
                    phase, self.judge.held = "holding", target
                elif self.t - waiting_since > GRIP_WAIT_S:
                    return self.stop()
            elif phase == "holding" and closed:
                if not hand.hold(target):
                    return self.stop()
            elif phase == "holding":
                self.let_go(target)
                phase = "released"
            if phase == "holding" and self.may_vanish() and self.is_clear(target):
                self.completed = True
                break
        self.dropped = phase == "holding" and not self.completed
        hand.vanish()
        if self.completed and self.action.kind == "remove":
            self.world.remove(target)
        self.judge.held = None

    def stop(self) -> None:
        """The box is lost: the grip opens, and the hand stays where it is while all comes to rest."""
        assert self.hand is not None
        self.dropped, self.judge.held = True, None
        self.hand.open()
        self.stopped = True
        self.rest()
        self.stopped = False
        self.hand.vanish()

    def let_go(self, target: int) -> None:
        """The planned end of a grip: a placed box belongs where it was meant to be from here on."""
        assert self.hand is not None
        self.hand.open()
        if self.action.target is not None:
            self.judge.set_reference(target, self.action.target)
            self.completed = True
        self.judge.held = None

    def may_vanish(self) -> bool:
        """Only a removed box vanishes, and the clearance is looked at now and then."""
        return self.action.kind == "remove" and self.clock % self._clear_every == 0

    def is_clear(self, target: int) -> bool:
        """Whether box `target` is 0.10 m from every box, every fixture and the ground."""
        episode, pose = self.episode, self.world.pose(target)
        half = 0.5 * episode.box_size[target]
        if pose.position[2] - support(half, pose.rotation, np.array([0.0, 0.0, 1.0])) < CLEAR_M:
            return False
        others = [
            (0.5 * episode.box_size[i], self.world.pose(i)) for i in np.flatnonzero(self.world.present) if i != target
        ]
        return all(gap(half, pose, *other) >= CLEAR_M for other in others + fixtures(episode))

    def rest(self) -> None:
        """Runs on until everything is still, or the patience ends."""
        calm = 0
        for _ in range(round(REST_LIMIT_S / self.world.dt)):
            speed, spin = self.world.speeds()
            still = (speed < CALM_SPEED) & (spin < CALM_SPIN)
            calm = calm + 1 if still[self.world.present].all() else 0
            if calm >= round(CALM_S / self.world.dt):
                break
            if self.stopped and self.hand is not None:
                self.hand.stay()
            self.step()

    def verdict(self) -> Verdict:
        """What has happened so far."""
        first = np.minimum(self.judge.disturb, self.judge.tilt)
        return Verdict(
            disturb=bool(np.isfinite(self.judge.disturb).any()),
            tilt=bool(np.isfinite(self.judge.tilt).any()),
            dropped=self.dropped,
            completed=self.completed,
            worst_displacement=float(self.judge.worst_displacement.max()),
            worst_tilt=float(self.judge.worst_tilt.max()),
            first_box=int(np.argmin(first)) if np.isfinite(first).any() else None,
            settle_drift=self.settle_drift,
        )


def fixtures(episode: Episode) -> list[tuple[np.ndarray, Pose]]:
    """Half edge lengths and poses of what never moves."""
    pose = episode.fixture_pose
    return [
        (0.5 * size, Pose.of(pose.position[i], pose.rotation[i])) for i, size in enumerate(episode.fixture_size)
    ]


def approach_opening(episode: Episode, action: Action) -> float:
    """How wide a jaw is on its way in, m; 0 for a cup."""
    if action.gripper is None or action.gripper.kind == "suction" or action.hand_in_box is None:
        return 0.0
    closing = matrix(action.hand_in_box[3:])[:, 0]
    return jaw.opening_for(action.gripper, float(np.abs(closing) @ episode.box_size[action.box]))


def end_of_free_flight(world: World, action: Action, opening: float, closes: float) -> float:
    """When the hand first comes near anything, less a sample, s; never after the grip closes.

    Until then the scene is at rest and nothing touches it. Spheres around the hand's pieces, so never
    later than the sandbox's own answer.
    """
    assert action.motion is not None
    pieces = make_tool(action.gripper, opening).pieces
    episode = world.episode
    obstacles = fixtures(episode) + [(0.5 * size, world.pose(i)) for i, size in enumerate(episode.box_size)]

    def near(hand: Pose) -> bool:
        for piece in pieces:
            at, reach = (hand @ Pose(piece.at, np.eye(3))).position, float(np.linalg.norm(piece.half)) + NEAR_M
            outside = [np.maximum(np.abs(p.rotation.T @ (at - p.position)) - half, 0.0) for half, p in obstacles]
            if at[2] < reach or min(float(np.linalg.norm(o)) for o in outside) < reach:
                return True
        return False

    latest = closes if np.isfinite(closes) else 0.0
    for k in range(int(latest / FLIGHT_SAMPLE_S) + 1):
        if near(motion_at(action.motion, k * FLIGHT_SAMPLE_S)[0]):
            return max((k - 1) * FLIGHT_SAMPLE_S, 0.0)
    return max(latest - FLIGHT_SAMPLE_S, 0.0)


def run(episode: Episode, steps_per_s: int = STEPS_PER_S) -> Verdict:
    """Carries `episode` out in MuJoCo and judges it."""
    under_way = Run(episode, steps_per_s)
    action = episode.action
    if action.kind == "nudge":
        under_way.judge.acted_on = action.box
        under_way.nudge()
    elif action.kind == "push":
        under_way.judge.acted_on = action.box
        under_way.push()
    else:
        under_way.grasp()
    under_way.rest()
    return under_way.verdict()
