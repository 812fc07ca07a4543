"""Rigid transforms, and distances between oriented boxes.

Owns `Pose` (position and rotation matrix), its conversions to the files' quaternions `[x, y, z, w]`
and to MuJoCo's `[w, x, y, z]`, and the separating-axis gap that `src/scene/geometry.rs` defines:
whether a box is clear of the others must be asked in the same way on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset import Array


def matrix(quaternion: Array) -> Array:
    """The rotation matrix of a unit quaternion `[x, y, z, w]`."""
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def rotation_vector(rotation: Array) -> Array:
    """Axis times angle, in radians; for angles well below a half turn."""
    twice_sin = np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    sine = 0.5 * float(np.linalg.norm(twice_sin))
    angle = float(np.arctan2(sine, 0.5 * (np.trace(rotation) - 1.0)))
    return 0.5 * twice_sin if sine < 1e-9 else twice_sin * (angle / (2.0 * sine))


def rotation_by(vector: Array) -> Array:
    """The matrix of a rotation vector."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


def wxyz(quaternion: Array) -> Array:
    """MuJoCo's order of `[x, y, z, w]`."""
    return np.roll(quaternion, 1)


@dataclass(frozen=True)
class Pose:
    """A rigid transform: `position` in metres, `rotation` as a matrix."""

    position: Array
    rotation: Array

    @staticmethod
    def of(position: Array, quaternion: Array) -> Pose:
        """From a file's position and `[x, y, z, w]`."""
        return Pose(np.asarray(position, dtype=np.float64), matrix(quaternion))

    @staticmethod
    def identity() -> Pose:
        """No move and no turn."""
        return Pose(np.zeros(3), np.eye(3))

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(self.position + self.rotation @ other.position, self.rotation @ other.rotation)

    def inverse(self) -> Pose:
        """The transform that undoes this one."""
        return Pose(-self.rotation.T @ self.position, self.rotation.T)


def support(half: Array, rotation: Array, axis: Array) -> float:
    """How far a box's surface reaches from its centre along the unit vector `axis`, m."""
    return float(np.abs(rotation.T @ axis) @ half)


def gap(half_a: Array, a: Pose, half_b: Array, b: Pose) -> float:
    """The gap between two boxes along the axis that separates them best, m; negative: overlap."""
    crosses = np.cross(a.rotation.T[:, None, :], b.rotation.T[None, :, :]).reshape(9, 3)
    lengths = np.linalg.norm(crosses, axis=1)
    crosses = crosses[lengths > 1e-4] / lengths[lengths > 1e-4, None]
    axes = np.concatenate([a.rotation.T, b.rotation.T, crosses])
    between = np.abs(axes @ (b.position - a.position))
    reach = np.abs(axes @ a.rotation) @ half_a + np.abs(axes @ b.rotation) @ half_b
    return float(np.max(between - reach))
