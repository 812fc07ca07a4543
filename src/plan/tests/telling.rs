//! How a step and a reason are told: which accident, which boxes, which candidate, which number.

use super::*;
use crate::dynamics::fixed::disturbing;
use crate::grasp::{GripLimit, Rejection};
use crate::plan::explain::closest_accident;
use crate::plan::reason::{best_of_each, nearest};
use crate::scene::Scene;

#[test]
fn a_bound_a_hair_over_the_limit_does_not_read_as_equal_to_it() {
    let told = Reason::risky(&disturbing(0.012, 0.0203), 0.02).to_string();
    assert!(told.contains("0.0203, the limit 0.02"), "{told}");
}

#[test]
fn what_a_judge_abstains_on_is_not_told_as_an_accident() {
    let unfamiliar = Reason::risky(&disturbing(0.012, 1.0), 0.02);
    assert_eq!(unfamiliar.kind(), "unfamiliar");
    assert!(unfamiliar.to_string().contains("nothing bounds its risk"));
    assert_eq!(Reason::risky(&disturbing(0.9, 1.0), 0.02).kind(), "risky");
}

#[test]
fn of_two_that_are_too_risky_the_less_risky_comes_nearest() {
    let risky = |bound| Reason::Risky {
        bound,
        max_risk: 0.02,
        worst: AccidentKind::Tilt,
    };
    let rejected = [
        turned_down("low", risky(0.3)),
        turned_down("mid", risky(0.1)),
    ];
    assert_eq!(nearest(&rejected).unwrap().box_id, "mid");
}

#[test]
fn of_what_misses_by_more_and_by_less_the_less_is_told() {
    let reach = |distance_m| {
        Rejection::OutOfReach {
            distance_m,
            max_m: 1.8,
        }
        .into()
    };
    let heavy = |used| {
        Rejection::TooHeavy {
            mass_kg: 8.0,
            used,
            limit: GripLimit::Shear,
        }
        .into()
    };
    let rejected = [2.67, 2.37, 2.5].map(|d| turned_down("far", reach(d)));
    assert_eq!(nearest(&rejected), Some(&rejected[1]));
    let rejected = [2.2, 1.05, 1.7].map(|used| turned_down("b", heavy(used)));
    assert_eq!(best_of_each(&rejected), [rejected[1].clone()]);
}

#[test]
fn a_bound_reads_as_over_its_limit_however_little_it_is() {
    let told = |bound, max_plan_risk| {
        Reason::PlanRisk {
            bound,
            max_plan_risk,
        }
        .to_string()
    };
    assert_eq!(
        told(0.00502, 0.005),
        "with it the plan's bound is 0.00502, the limit 0.005"
    );
    assert_eq!(
        told(0.1, 0.005),
        "with it the plan's bound is 0.1000, the limit 0.005"
    );
}

#[test]
fn a_crush_is_told_of_boxes_that_can_be_crushed_the_one_in_the_hand_among_them() {
    let fake = Fake::default();
    let mut scene = tower().scene;
    let plan = planner(&fake, None)
        .plan(&tower(), &retrieve("high"))
        .unwrap();
    let mut step = plan.steps[0].step.clone();
    step.risk.by_accident = [0.0, 0.0, 0.0, 0.4, 0.0];
    let aside = scene.box_index("aside").unwrap();
    step.imagined.fates[aside].p_moves = 0.5;
    let told = |scene: &Scene| closest_accident(&step, scene).boxes;
    assert!(told(&scene).is_empty(), "nothing there can be crushed");
    let low = scene.box_index("low").unwrap();
    scene.boxes[low].max_force_n = Some(100.0);
    assert_eq!(told(&scene), ["low"]);
    for id in ["high", "aside"] {
        let index = scene.box_index(id).unwrap();
        scene.boxes[index].max_force_n = Some(100.0);
    }
    assert_eq!(told(&scene), ["high", "aside"]);
}

#[test]
fn a_box_that_would_tilt_once_it_is_put_down_is_named_itself() {
    let scene = tower().scene;
    let goal = Goal::Move {
        box_id: "high".into(),
        target: level(Vec3::new(0.0, 0.8, 0.1), 0.0),
    };
    let plan = planned(&Fake::default(), None, &goal);
    let mut step = plan.steps[0].step.clone();
    step.risk.by_accident = [0.0, 0.3, 0.0, 0.0, 0.0];
    let [high, aside] = ["high", "aside"].map(|id| scene.box_index(id).unwrap());
    // It was carried, so that of itself this says nothing.
    step.imagined.fates[high].p_moves = 1.0;
    step.imagined.fates[aside].p_falls = 0.01;
    assert_eq!(closest_accident(&step, &scene).boxes, ["high"]);
    step.imagined.fates[aside].p_falls = 0.25;
    assert_eq!(closest_accident(&step, &scene).boxes, ["aside"]);
}
