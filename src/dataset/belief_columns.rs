//! The belief's columns of the episodes table: scene, robot, limits, and the draw.
//!
//! Owns how a `Workcell` and a `Draw` lie in ragged lists. What is a number or a distribution is
//! a word and its numbers: `*_law` is `known`, `normal` or `uniform`, and beside it stand
//! `[value, 0]`, `[mean, std]` or `[min, max]` for each box (a centre of mass: `[x, y, z]`, or
//! `[std, std, std]` where its law is `normal`). A gripper is its kind and six numbers: for
//! `suction` cup radius, pull, shear, moment, 0, 0; for `parallel_jaw` opening, squeeze, the
//! finger's three edges, friction of the pads.

use super::columns::TableBuilder;
use super::{Episode, flat};
use crate::pose::Vec3;
use crate::scene::{BoxSpec, CenterOfMass, DrawnBox, Fixture, Gripper, Quantity, Robot};

/// Writes all columns of this module.
pub(super) fn write(table: &mut TableBuilder, episodes: &[Episode]) {
    write_fixtures(table, episodes);
    write_boxes(table, episodes);
    write_robot(table, episodes);
    write_draw(table, episodes);
}

/// One list for each episode, one entry for each of its items.
fn lists<'a, I: 'a, T>(
    episodes: &'a [Episode],
    items: fn(&Episode) -> &[I],
    entry: impl Fn(&'a I) -> T + Copy + 'a,
) -> impl Iterator<Item = Vec<T>> + 'a {
    episodes
        .iter()
        .map(move |e| items(e).iter().map(entry).collect())
}

fn boxes(episode: &Episode) -> &[BoxSpec] {
    &episode.workcell.scene.boxes
}

fn fixtures(episode: &Episode) -> &[Fixture] {
    &episode.workcell.scene.fixtures
}

fn write_fixtures(table: &mut TableBuilder, episodes: &[Episode]) {
    let scenes = || episodes.iter().map(|e| &e.workcell.scene);
    table.numbers("ground_friction", scenes().map(|s| Some(s.ground_friction)));
    let noise = scenes().map(|s| Some(vec![s.pose_noise.position_m, s.pose_noise.rotation_rad]));
    table.number_lists("pose_noise", noise);
    table.word_lists(
        "fixture_id",
        lists(episodes, fixtures, |f| f.id.as_str()).map(Some),
    );
    let sizes = episodes
        .iter()
        .map(|e| flat::vectors(fixtures(e).iter().map(|f| &f.size)));
    table.number_lists("fixture_size", sizes.map(Some));
    let poses = lists(episodes, fixtures, |f| f.pose).map(Some).collect();
    flat::write_poses(table, "fixture_", poses);
    table.number_lists(
        "fixture_friction",
        lists(episodes, fixtures, |f| f.friction).map(Some),
    );
}

fn write_boxes(table: &mut TableBuilder, episodes: &[Episode]) {
    table.word_lists(
        "box_id",
        lists(episodes, boxes, |b| b.id.as_str()).map(Some),
    );
    let sizes = episodes
        .iter()
        .map(|e| flat::vectors(boxes(e).iter().map(|b| &b.size)));
    table.number_lists("box_size", sizes.map(Some));
    flat::write_poses(
        table,
        "box_",
        lists(episodes, boxes, |b| b.pose).map(Some).collect(),
    );
    write_quantity(table, "box_mass", episodes, |b| b.mass);
    write_quantity(table, "box_friction", episodes, |b| b.friction);
    let law = |b: &BoxSpec| match b.com {
        CenterOfMass::Known(_) => "known",
        CenterOfMass::Normal { .. } => "normal",
    };
    table.word_lists("box_com_law", lists(episodes, boxes, law).map(Some));
    let numbers = |b: &BoxSpec| match b.com {
        CenterOfMass::Known(offset) => offset,
        CenterOfMass::Normal { std } => Vec3::repeat(std),
    };
    let coms = lists(episodes, boxes, numbers).map(|row| Some(flat::vectors(&row)));
    table.number_lists("box_com", coms);
    table.open_number_lists("box_max_force", lists(episodes, boxes, |b| b.max_force_n));
}

fn write_quantity(
    table: &mut TableBuilder,
    name: &str,
    episodes: &[Episode],
    of: fn(&BoxSpec) -> Quantity,
) {
    let law = move |b: &BoxSpec| match of(b) {
        Quantity::Known(_) => "known",
        Quantity::Normal { .. } => "normal",
        Quantity::Uniform { .. } => "uniform",
    };
    let laws = lists(episodes, boxes, law).map(Some);
    table.word_lists(&format!("{name}_law"), laws);
    let numbers = move |b: &BoxSpec| match of(b) {
        Quantity::Known(value) => [value, 0.0],
        Quantity::Normal { mean, std } => [mean, std],
        Quantity::Uniform { min, max } => [min, max],
    };
    let rows = lists(episodes, boxes, numbers).map(|row| Some(row.concat()));
    table.number_lists(name, rows);
}

fn write_robot(table: &mut TableBuilder, episodes: &[Episode]) {
    let robots = || episodes.iter().map(|e| &e.workcell.robot);
    table.number_lists("robot_home", robots().map(|r| Some(flat::pose(&r.home))));
    table.numbers("max_hand_force", robots().map(|r| Some(r.max_hand_force)));
    let reach = |r: &Robot| r.reach.map(|r| vec![r.base.x, r.base.y, r.base.z, r.max]);
    table.number_lists("reach", robots().map(reach));
    let kind = |g: &Gripper| match g {
        Gripper::Suction { .. } => "suction",
        Gripper::ParallelJaw { .. } => "parallel_jaw",
    };
    let kinds = robots().map(|r| Some(r.grippers.iter().map(kind).collect()));
    table.word_lists("gripper_kind", kinds);
    let grippers = robots().map(|r| Some(r.grippers.iter().flat_map(gripper_numbers).collect()));
    table.number_lists("gripper", grippers);
    let safeties = || episodes.iter().map(|e| &e.workcell.safety);
    table.numbers("max_risk", safeties().map(|s| Some(s.max_risk)));
    table.numbers("max_plan_risk", safeties().map(|s| s.max_plan_risk));
    table.numbers(
        "max_displacement",
        safeties().map(|s| Some(s.max_displacement)),
    );
    table.numbers("max_tilt", safeties().map(|s| Some(s.max_tilt)));
    table.numbers(
        "max_strike_force",
        safeties().map(|s| Some(s.max_strike_force)),
    );
}

fn gripper_numbers(gripper: &Gripper) -> [f64; 6] {
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            max_shear,
            max_moment,
        } => [cup_radius, max_pull, max_shear, max_moment, 0.0, 0.0],
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            finger,
            pad_friction,
        } => [
            max_opening,
            max_force,
            finger.x,
            finger.y,
            finger.z,
            pad_friction,
        ],
    }
}

fn write_draw(table: &mut TableBuilder, episodes: &[Episode]) {
    fn drawn(episode: &Episode) -> &[DrawnBox] {
        &episode.draw.boxes
    }
    flat::write_poses(
        table,
        "draw_",
        lists(episodes, drawn, |b| b.pose).map(Some).collect(),
    );
    table.number_lists("draw_mass", lists(episodes, drawn, |b| b.mass).map(Some));
    table.number_lists(
        "draw_friction",
        lists(episodes, drawn, |b| b.friction).map(Some),
    );
    let coms = episodes
        .iter()
        .map(|e| flat::vectors(drawn(e).iter().map(|b| &b.com)));
    table.number_lists("draw_com", coms.map(Some));
}
