"""Episodes out of a data set that `topple generate` wrote, as plain numbers.

Owns the reading of `meta/episodes/*.parquet` and of each episode's last frame. The columns are
described in `src/dataset/belief_columns.rs` and `src/dataset/outcome_columns.rs`. Quaternions are
`[x, y, z, w]` in the files and stay so here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

Array = NDArray[np.float64]
SCHEMA_VERSIONS = (2,)


@dataclass(frozen=True)
class Poses:
    """Some poses: positions `[N, 3]` in metres and rotations `[N, 4]` as `[x, y, z, w]`."""

    position: Array
    rotation: Array

    def __len__(self) -> int:
        return len(self.position)


@dataclass(frozen=True)
class Gripper:
    """A gripper's kind and its six numbers, as `belief_columns.rs` orders them."""

    kind: str
    numbers: Array


@dataclass(frozen=True)
class Motion:
    """The hand's commanded path: keys `[K]` in order of time; the way between them is `motion.py`'s."""

    t: Array
    pose: Poses
    closed: NDArray[np.bool_]


@dataclass(frozen=True)
class Action:
    """What is done; what does not belong to `kind` is `None`."""

    kind: str
    box: int
    gripper: Gripper | None
    hand_in_box: Array | None
    motion: Motion | None
    target: Array | None
    nudge_by: Array | None
    push_force: Array | None

    @property
    def label(self) -> str:
        """The kind of action, and for the hand's the kind of gripper."""
        return f"{self.kind} ({self.gripper.kind})" if self.gripper else self.kind


@dataclass(frozen=True)
class Outcome:
    """What the sandbox saw: latched accidents, and where each box was at first and at last."""

    accidents: list[tuple[str, int, float]]
    completed: bool
    reference: Poses
    final: Poses

    def has(self, kind: str) -> bool:
        """Whether an accident of this kind happened to any box."""
        return any(accident[0] == kind for accident in self.accidents)


@dataclass(frozen=True)
class Episode:
    """One scene as drawn, one action, and the sandbox's outcome."""

    index: int
    family: str
    ground_friction: float
    fixture_size: Array
    fixture_pose: Poses
    fixture_friction: Array
    box_size: Array
    box_pose: Poses
    box_mass: Array
    box_friction: Array
    box_com: Array
    max_hand_force: float
    max_displacement: float
    max_tilt: float
    action: Action
    outcome: Outcome


def _rows(values: Any, width: int) -> Array:
    return np.asarray(values if values is not None else [], dtype=np.float64).reshape(-1, width)


def _poses(row: dict[str, Any], prefix: str) -> Poses:
    return Poses(_rows(row[f"{prefix}position"], 3), _rows(row[f"{prefix}rotation"], 4))


def _optional(values: Any) -> Array | None:
    return None if values is None else np.asarray(values, dtype=np.float64)


def _motion(row: dict[str, Any]) -> Motion | None:
    if row["motion_t"] is None:
        return None
    closed = np.array([grip == "closed" for grip in row["motion_grip"]])
    return Motion(np.asarray(row["motion_t"], dtype=np.float64), _poses(row, "motion_"), closed)


def _action(row: dict[str, Any]) -> Action:
    gripper = None
    if (chosen := row["gripper_index"]) is not None:
        numbers = _rows(row["gripper"], 6)[chosen]
        gripper = Gripper(row["gripper_kind"][chosen], numbers)
    return Action(
        kind=row["action"],
        box=row["action_box"],
        gripper=gripper,
        hand_in_box=_optional(row["hand_in_box"]),
        motion=_motion(row),
        target=_optional(row["target"]),
        nudge_by=_optional(row["nudge_by"]),
        push_force=_optional(row["push_force"]),
    )


def _episode(row: dict[str, Any], final: Poses) -> Episode:
    accidents = list(zip(row["accident_kind"], row["accident_box"], row["accident_t"], strict=True))
    return Episode(
        index=row["episode_index"],
        family=row["family"],
        ground_friction=row["ground_friction"],
        fixture_size=_rows(row["fixture_size"], 3),
        fixture_pose=_poses(row, "fixture_"),
        fixture_friction=np.asarray(row["fixture_friction"], dtype=np.float64),
        box_size=_rows(row["box_size"], 3),
        box_pose=_poses(row, "draw_"),
        box_mass=np.asarray(row["draw_mass"], dtype=np.float64),
        box_friction=np.asarray(row["draw_friction"], dtype=np.float64),
        box_com=_rows(row["draw_com"], 3),
        max_hand_force=row["max_hand_force"],
        max_displacement=row["max_displacement"],
        max_tilt=row["max_tilt"],
        action=_action(row),
        outcome=Outcome(accidents, row["completed"], _poses(row, "reference_"), final),
    )


def _final(frames: Any, last_row: int) -> Poses:
    position = _rows(frames.column("position")[last_row].as_py(), 3)
    return Poses(position, _rows(frames.column("rotation")[last_row].as_py(), 4))


def episodes(folder: Path, limit: int | None) -> Iterator[Episode]:
    """The first `limit` episodes of the data set in `folder`, in its order.

    Raises `ValueError` when `folder` holds no data set of a version that is known here.
    """
    info_path = folder / "meta" / "info.json"
    if not info_path.is_file():
        raise ValueError(f"{folder} is no data set: {info_path} is not there; make one with `topple generate`")
    info = json.loads(info_path.read_text())
    version = info.get("schema_version")
    if version not in SCHEMA_VERSIONS:
        raise ValueError(f"{info_path}: schema version {version} is not one of {SCHEMA_VERSIONS}")
    count = 0
    for path in sorted((folder / "meta" / "episodes").glob("chunk-*/file-*.parquet")):
        table = pq.read_table(path)
        frames_path = folder / "data" / path.parent.name / path.name
        frames = pq.read_table(frames_path, columns=["position", "rotation"])
        for row in table.to_pylist():
            if limit is not None and count >= limit:
                return
            count += 1
            yield _episode(row, _final(frames, row["data/to_row"] - 1))
