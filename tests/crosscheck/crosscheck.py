"""The sandbox beside MuJoCo: the same episodes, judged by both.

Reads a data set of `topple generate`, rebuilds each episode's draw in MuJoCo, carries the same action
out, and prints how often both say the same of `disturb`, of `tilt` and of both together (any box).
Where they differ, `--differences` lists the episodes, the clearest first.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from dataset import Episode, episodes
from episode import STEPS_PER_S, Verdict, run
from intervals import wilson
from judge import tilts


@dataclass(frozen=True)
class Comparison:
    """One episode, seen by both engines."""

    index: int
    family: str
    action: str
    box: int
    sandbox_disturb: bool
    sandbox_tilt: bool
    sandbox_drop: bool
    sandbox_displacement: float
    sandbox_tilt_rad: float
    mujoco: Verdict

    @property
    def agrees(self) -> dict[str, bool]:
        """On `disturb`, on `tilt`, and on both."""
        disturb = self.sandbox_disturb == self.mujoco.disturb
        tilt = self.sandbox_tilt == self.mujoco.tilt
        return {"disturb": disturb, "tilt": tilt, "both": disturb and tilt}

    @property
    def clearness(self) -> float:
        """How far apart the engines' worst displacements are, m."""
        return abs(self.sandbox_displacement - self.mujoco.worst_displacement)


def sandbox_extremes(episode: Episode) -> tuple[float, float]:
    """The sandbox's largest final displacement and tilt among boxes that were not carried off."""
    outcome = episode.outcome
    moved = np.linalg.norm(outcome.final.position - outcome.reference.position, axis=1)
    tilted = tilts(outcome.reference, outcome.final)
    if episode.action.kind == "remove" and outcome.completed:
        moved[episode.action.box] = tilted[episode.action.box] = 0.0
    if episode.action.kind in ("nudge", "push"):
        moved[episode.action.box] = 0.0
    return float(moved.max()), float(tilted.max())


def compare(job: tuple[Episode, int]) -> Comparison:
    """Runs one episode in MuJoCo, beside what the sandbox recorded."""
    episode, steps_per_s = job
    displacement, tilt = sandbox_extremes(episode)
    return Comparison(
        index=episode.index,
        family=episode.family,
        action=episode.action.label,
        box=episode.action.box,
        sandbox_disturb=episode.outcome.has("disturb"),
        sandbox_tilt=episode.outcome.has("tilt"),
        sandbox_drop=episode.outcome.has("drop"),
        sandbox_displacement=displacement,
        sandbox_tilt_rad=tilt,
        mujoco=run(episode, steps_per_s),
    )


def agreement(rows: list[Comparison]) -> dict[str, Any]:
    """The shares of `rows` on which both agree, with their intervals."""
    out: dict[str, Any] = {"episodes": len(rows)}
    for what in ("disturb", "tilt", "both"):
        hits = sum(row.agrees[what] for row in rows)
        out[what] = {"rate": hits / max(len(rows), 1), "ci": wilson(hits, len(rows))}
    return out


def grouped(rows: list[Comparison], key: Callable[[Comparison], str]) -> dict[str, Any]:
    """`agreement` of each group."""
    return {name: agreement([r for r in rows if key(r) == name]) for name in sorted({key(r) for r in rows})}


def line(name: str, figures: dict[str, Any]) -> str:
    """A group's line of the table."""
    cells = (
        f"{100 * figures[what]['rate']:5.1f} [{100 * figures[what]['ci'][0]:5.1f}, {100 * figures[what]['ci'][1]:5.1f}]"
        for what in ("disturb", "tilt", "both")
    )
    return f"{name:28} {figures['episodes']:6d}  " + "  ".join(cells)


def fallen(row: Comparison) -> str:
    """Whether the box in the hand fell: where it tumbles to then hangs on the last digit."""
    return "dropped in the sandbox" if row.sandbox_drop else "nothing dropped there"


def table(rows: list[Comparison]) -> Iterator[str]:
    """The report, line by line."""
    yield f"{'':28} {'n':>6}  {'disturb, %':21}  {'tilt, %':21}  {'both, %':21}"
    yield line("all", agreement(rows))
    for key in (lambda r: r.family, lambda r: r.action, fallen):
        yield ""
        yield from (line(name, figures) for name, figures in grouped(rows, key).items())


def differences(rows: list[Comparison]) -> Iterator[str]:
    """The episodes on which the engines differ, the clearest first."""
    yield "episode  family                   action                   disturb tilt drop  (s: sandbox, m: MuJoCo)"
    apart = [row for row in rows if not row.agrees["both"]]
    for row in sorted(apart, key=lambda r: -r.clearness):
        m = row.mujoco
        flags = "  ".join(
            f"s{int(a)}m{int(b)}"
            for a, b in [(row.sandbox_disturb, m.disturb), (row.sandbox_tilt, m.tilt), (row.sandbox_drop, m.dropped)]
        )
        yield (
            f"{row.index:7d}  {row.family:24} {row.action:24} {flags}  "
            f"moved {row.sandbox_displacement:.3f} / {m.worst_displacement:.3f} m, "
            f"tilted {np.degrees(row.sandbox_tilt_rad):.1f} / {np.degrees(m.worst_tilt):.1f} deg, "
            f"box {row.box} acted on, first {m.first_box}, settled {1000 * m.settle_drift:.1f} mm"
        )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="a folder that `topple generate` wrote")
    parser.add_argument("--episodes", type=int, help="only the first N")
    parser.add_argument("--only", action="append", help="only this family or kind of action (may be given again)")
    parser.add_argument("--index", type=int, action="append", help="only this episode (may be given again)")
    parser.add_argument("--steps-per-s", type=int, default=STEPS_PER_S, help="MuJoCo's steps a second")
    parser.add_argument("--processes", type=int, default=1, help="how many episodes at a time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="report what is done by then")
    parser.add_argument("--differences", action="store_true", help="list the episodes that differ")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def wanted(args: argparse.Namespace) -> Iterator[tuple[Episode, int]]:
    """The episodes that the command line asks for."""
    for episode in episodes(args.dataset, args.episodes):
        names = {episode.family, episode.action.kind, episode.action.label}
        if (args.only is None or names & set(args.only)) and (args.index is None or episode.index in args.index):
            yield episode, args.steps_per_s


def main() -> int:
    """Compares and prints."""
    args = arguments()
    rows: list[Comparison] = []
    started = time.monotonic()
    with Pool(args.processes) as pool:
        for row in pool.imap(compare, wanted(args)):
            rows.append(row)
            if time.monotonic() - started > args.seconds:
                break
            if len(rows) % 50 == 0:
                print(f"{len(rows)} episodes, {time.monotonic() - started:.0f} s", file=sys.stderr)
    if args.json:
        report = agreement(rows) | {
            "by_family": grouped(rows, lambda r: r.family),
            "by_action": grouped(rows, lambda r: r.action),
            "by_drop": grouped(rows, fallen),
            "different": [asdict(row) for row in rows if not row.agrees["both"]],
        }
        print(json.dumps(report))
        return 0
    print("\n".join(table(rows)))
    if args.differences:
        print("\n" + "\n".join(differences(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
