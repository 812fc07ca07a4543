"""Steps per second of the same stacks in MuJoCo and in the sandbox, side by side on one thread.

The stacks are those of `topple bench --only sandbox`: columns of 0.3 m cubes of 5 kg, friction 0.5,
standing on the ground, 4 mm apart or side against side. MuJoCo takes the same time step and elliptic cones and is
otherwise left at its defaults; nothing sleeps. The two take turns, three rounds, and the medians are
compared, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import mujoco

STEPS_PER_S = 240
EDGE_M = 0.3
GAPS_M = {"sandbox": 0.004, "sandbox_touching": 0.0}
MASS_KG = 5.0
FRICTION = 0.5
SETTLE_S = 1.0
MEASURED_STEPS = {8: 4000, 20: 2000, 60: 600, 100: 300}
ROUNDS = 3


@dataclass(frozen=True)
class Stack:
    """A grid of columns."""

    columns: tuple[int, int]
    height: int

    @property
    def boxes(self) -> int:
        """How many boxes it has."""
        return self.columns[0] * self.columns[1] * self.height


STACKS = [Stack((2, 2), 2), Stack((2, 2), 5), Stack((4, 3), 5), Stack((5, 4), 5)]


@dataclass(frozen=True)
class Speed:
    """Medians of the rounds for one stack."""

    gap_m: float
    boxes: int
    mujoco_steps_per_s: float
    sandbox_steps_per_s: float | None

    @property
    def ratio(self) -> float | None:
        """How many times MuJoCo's speed the sandbox has."""
        return None if self.sandbox_steps_per_s is None else self.sandbox_steps_per_s / self.mujoco_steps_per_s


def mjcf(stack: Stack, gap_m: float) -> str:
    """The stack as a model."""
    pitch = EDGE_M + gap_m
    bodies = "".join(
        f'<body pos="{pitch * x!r} {pitch * y!r} {EDGE_M * (z + 0.5)!r}"><freejoint/>'
        f'<geom type="box" size="{0.5 * EDGE_M} {0.5 * EDGE_M} {0.5 * EDGE_M}" mass="{MASS_KG}"/></body>'
        for x in range(stack.columns[0])
        for y in range(stack.columns[1])
        for z in range(stack.height)
    )
    return f"""<mujoco>
<option timestep="{1 / STEPS_PER_S!r}" cone="elliptic"/>
<default><geom friction="{FRICTION} 0.005 0.0001"/></default>
<worldbody><geom type="plane" size="0 0 1"/>{bodies}</worldbody>
</mujoco>"""


def mujoco_steps_per_s(stack: Stack, gap_m: float, steps: int) -> float:
    """Steps a second of the settled stack; raises `RuntimeError` when it has fallen."""
    model = mujoco.MjModel.from_xml_string(mjcf(stack, gap_m))
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data, nstep=round(SETTLE_S * STEPS_PER_S))
    started = time.perf_counter()
    mujoco.mj_step(model, data, nstep=steps)
    elapsed = time.perf_counter() - started
    if data.qpos.reshape(-1, 7)[:, 2].max() < (stack.height - 1) * EDGE_M:
        raise RuntimeError(f"the stack of {stack.boxes} fell in MuJoCo")
    return steps / elapsed


def sandbox_steps_per_s(topple: Path) -> dict[tuple[str, int], float]:
    """What `topple bench` measures, by part and number of boxes."""
    environment = os.environ | {"RAYON_NUM_THREADS": "1"}
    command = [str(topple), "bench", "--json", "--only", "sandbox"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    report = json.loads(done.stdout)
    return {(part, entry["boxes"]): entry["steps_per_s"] for part in GAPS_M for entry in report[part]}


def measure(topple: Path | None, rounds: int) -> list[Speed]:
    """Medians over `rounds` in which the two take turns."""
    keys = [(part, stack.boxes) for part in GAPS_M for stack in STACKS]
    mine: dict[tuple[str, int], list[float]] = {key: [] for key in keys}
    theirs: dict[tuple[str, int], list[float]] = {key: [] for key in keys}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for part, gap_m in GAPS_M.items():
            for stack in STACKS:
                speed = mujoco_steps_per_s(stack, gap_m, MEASURED_STEPS[stack.boxes])
                mine[part, stack.boxes].append(speed)
        for key, speed in (sandbox_steps_per_s(topple) if topple else {}).items():
            theirs[key].append(speed)
    return [
        Speed(GAPS_M[part], boxes, median(mine[part, boxes]), median(found) if found else None)
        for (part, boxes), found in theirs.items()
    ]


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topple", type=Path, help="the release binary; left out: MuJoCo alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    speeds = measure(args.topple, args.rounds)
    if args.json:
        print(json.dumps({"speed": [asdict(speed) | {"ratio": speed.ratio} for speed in speeds]}))
        return 0
    print(f"{'gap, mm':>7}  {'boxes':>5}  {'MuJoCo, steps/s':>16}  {'sandbox, steps/s':>16}  {'ratio':>6}")
    for speed in speeds:
        sandbox = "-" if speed.sandbox_steps_per_s is None else f"{speed.sandbox_steps_per_s:.0f}"
        ratio = "-" if speed.ratio is None else f"{speed.ratio:.2f}"
        print(f"{1e3 * speed.gap_m:7.0f}  {speed.boxes:5d}  {speed.mujoco_steps_per_s:16.0f}  {sandbox:>16}  {ratio:>6}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
