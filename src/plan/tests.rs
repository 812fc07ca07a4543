//! The planner on physics that fits on one screen.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::fake::Fake;
use super::*;
use crate::dynamics::Dynamics;
use crate::grasp::fixtures_for_tests::{a_box, workcell};
use crate::pose::{Pose, Vec3, level};
use crate::rollout::{Accident, AccidentKind, Action, Glance, Onward, Rollout, STRIDE_S};
use crate::scene::Workcell;

const SIZE: [f64; 3] = [0.3, 0.3, 0.2];

/// `low`, on it `mid`, on it `high`; `aside` stands alone.
fn tower() -> Workcell {
    workcell(
        vec![
            a_box("low", SIZE, [0.0, 0.0, 0.1], 0.6),
            a_box("mid", SIZE, [0.0, 0.0, 0.3], 0.6),
            a_box("high", SIZE, [0.0, 0.0, 0.5], 0.6),
            a_box("aside", SIZE, [1.0, 0.0, 0.1], 0.6),
        ],
        vec![],
    )
}

fn quick() -> PlannerSettings {
    PlannerSettings {
        screen: 48,
        imagine: 12,
        iterations: 2,
        ..PlannerSettings::default()
    }
}

fn planner<'a>(dynamics: &'a dyn Dynamics, shield: Option<&'a dyn Dynamics>) -> Planner<'a> {
    Planner {
        dynamics,
        shield: shield.map(|physics| Shield { physics, draws: 4 }),
        settings: quick(),
        objective: Objective::default(),
        seed: 7,
    }
}

fn retrieve(id: &str) -> Goal {
    Goal::Retrieve { box_id: id.into() }
}

fn order(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|s| s.step.box_id.as_str()).collect()
}

#[test]
fn a_free_box_is_taken_in_one_step() {
    let fake = Fake::default();
    let plan = planner(&fake, None)
        .plan(&tower(), &retrieve("high"))
        .unwrap();
    assert_eq!(plan.verdict, Verdict::Safe);
    assert_eq!(order(&plan), ["high"]);
    assert!(plan.risk_bound <= tower().safety.max_risk);
}

#[test]
fn a_buried_box_is_reached_by_taking_first_what_stands_on_it() {
    let fake = Fake::default();
    let plan = planner(&fake, None)
        .plan(&tower(), &retrieve("low"))
        .unwrap();
    assert_eq!(order(&plan), ["high", "mid", "low"]);
    let total = risk::of_plan(plan.steps.iter().map(|s| s.step.risk.bound));
    assert!((plan.risk_bound - total).abs() < 1e-12);
    // Each step is planned in a scene without the boxes taken before it.
    let left: Vec<usize> = plan.steps.iter().map(|s| s.scene.boxes.len()).collect();
    assert_eq!(left, [4, 3, 2]);
}

#[test]
fn clearing_takes_every_box_and_never_one_with_weight_on_it() {
    let fake = Fake::default();
    let goal = Goal::Clear {
        box_ids: ["low", "mid", "high", "aside"].map(String::from).to_vec(),
    };
    let plan = planner(&fake, None).plan(&tower(), &goal).unwrap();
    let order = order(&plan);
    assert_eq!(order.len(), 4);
    let place = |id: &str| order.iter().position(|o| *o == id).unwrap();
    assert!(place("high") < place("mid") && place("mid") < place("low"));
}

#[test]
fn a_moved_box_is_freed_first_and_then_placed() {
    let fake = Fake::default();
    let target = level(Vec3::new(-0.8, 0.4, 0.1), 0.3);
    let goal = Goal::Move {
        box_id: "mid".into(),
        target,
    };
    let plan = planner(&fake, None).plan(&tower(), &goal).unwrap();
    assert_eq!(order(&plan), ["high", "mid"]);
    let Action::Place { target: there, .. } = &plan.steps[1].step.action else {
        panic!("the last step places the box");
    };
    assert_eq!(*there, target);
}

#[test]
fn a_box_at_the_target_is_taken_away_first() {
    let fake = Fake::default();
    let goal = Goal::Move {
        box_id: "high".into(),
        target: level(Vec3::new(1.0, 0.05, 0.1), 0.0),
    };
    let plan = planner(&fake, None).plan(&tower(), &goal).unwrap();
    assert_eq!(order(&plan), ["aside", "high"]);
}

#[test]
fn when_nothing_is_safe_the_planner_refuses_and_says_why_and_what_would_help() {
    let fake = Fake {
        cursed: ["low", "mid", "high"].map(String::from).to_vec(),
        ..Fake::default()
    };
    let plan = planner(&fake, None)
        .plan(&tower(), &retrieve("low"))
        .unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.steps.is_empty());
    assert!(plan.risk_bound > 0.5);
    let reason = plan.reason.expect("a reason");
    assert!(reason.contains("tilt"), "{reason}");
    assert!(plan.remedies.iter().any(|r| r.contains("`mid`")));
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "risky"));
}

#[test]
fn a_higher_limit_is_proposed_where_somebody_might_set_it() {
    let remedies = |toppling| {
        let fake = Fake {
            cursed: ["low", "mid", "high"].map(String::from).to_vec(),
            toppling,
            ..Fake::default()
        };
        let plan = planner(&fake, None).plan(&tower(), &retrieve("low"));
        plan.unwrap().remedies
    };
    let proposes = |all: Vec<String>| all.iter().any(|r| r.contains("max_risk) of 0.105"));
    assert!(proposes(remedies(0.1)));
    assert!(!remedies(0.9).iter().any(|r| r.contains("max_risk")));
}

#[test]
fn a_prediction_that_is_not_finite_is_a_failed_candidate_and_never_wins() {
    let fake = Fake {
        lost: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planner(&fake, None)
        .plan(&tower(), &retrieve("high"))
        .unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(
        plan.rejected
            .iter()
            .any(|r| r.reason.kind() == "unpredicted")
    );
}

#[test]
fn the_shield_turns_down_what_only_the_planner_believes() {
    let fake = Fake::default();
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planner(&fake, Some(&strict))
        .plan(&tower(), &retrieve("high"))
        .unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "shield"));
    let agreed = planner(&fake, Some(&fake))
        .plan(&tower(), &retrieve("high"))
        .unwrap();
    assert_eq!(agreed.verdict, Verdict::Safe);
    assert!(agreed.steps[0].shield.is_some());
}

#[test]
fn what_is_judged_a_little_over_the_limit_is_done_where_enough_draws_vouch_for_it() {
    let doubting = |toppling| Fake {
        cursed: vec!["high".into()],
        toppling,
        ..Fake::default()
    };
    let sure = Fake::default();
    let ask = |judge: &Fake, shield: Option<&Fake>| {
        let shield = shield.map(|s| s as &dyn Dynamics);
        planner(judge, shield)
            .plan(&tower(), &retrieve("high"))
            .unwrap()
    };
    let doubtful = doubting(0.1);
    assert_eq!(ask(&doubtful, None).verdict, Verdict::NoSafePlan);
    let vouched = ask(&doubtful, Some(&sure));
    assert_eq!(vouched.verdict, Verdict::Safe);
    assert_eq!(vouched.steps[0].shield.map(|w| w.draws), Some(32));
    assert!(vouched.risk_bound <= tower().safety.max_risk);
    // Not where the draws see what was judged, and not where it was judged to be all but certain.
    assert_eq!(ask(&doubtful, Some(&doubtful)).verdict, Verdict::NoSafePlan);
    assert_eq!(
        ask(&doubting(0.9), Some(&sure)).verdict,
        Verdict::NoSafePlan
    );
    // A clear case takes the fewest draws.
    let clear = ask(&sure, Some(&sure));
    assert_eq!(clear.steps[0].shield.map(|w| w.draws), Some(4));
}

#[test]
fn where_the_shield_turns_down_the_first_way_the_next_is_looked_for() {
    let fake = Fake::default();
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let goal = Goal::Clear {
        box_ids: ["high", "aside"].map(String::from).to_vec(),
    };
    let plan = planner(&fake, Some(&strict)).plan(&tower(), &goal).unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let turned_down = |id: &str| {
        let shields = plan.rejected.iter().filter(|r| r.reason.kind() == "shield");
        shields.into_iter().any(|r| r.box_id == id)
    };
    assert!(turned_down("high") && !turned_down("aside"));
}

#[test]
fn a_limit_on_the_whole_plan_turns_down_safe_steps_that_add_up() {
    let fake = Fake::default();
    let free = planner(&fake, None)
        .plan(&tower(), &retrieve("low"))
        .unwrap();
    let mut cell = tower();
    cell.safety.max_plan_risk = Some(0.5 * free.risk_bound);
    let plan = planner(&fake, None).plan(&cell, &retrieve("low")).unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "plan_risk"));
}

#[test]
fn the_same_seed_gives_the_same_plan_with_every_sampler() {
    for kind in [PlannerKind::Cem, PlannerKind::Icem, PlannerKind::Mppi] {
        let fake = Fake::default();
        let mut planner = planner(&fake, None);
        planner.settings.kind = kind;
        let mut first = planner.plan(&tower(), &retrieve("mid")).unwrap();
        let mut second = planner.plan(&tower(), &retrieve("mid")).unwrap();
        first.timing = Timing::default();
        second.timing = Timing::default();
        assert_eq!(first, second);
    }
}

#[test]
fn searching_the_lift_never_ends_worse_than_the_plain_lifts() {
    let fake = Fake::default();
    let scene = fake.believe(&tower(), 0).unwrap();
    let best = |iterations| {
        let settings = PlannerSettings {
            iterations,
            ..quick()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let found = search_step(
            scene.as_ref(),
            &tower(),
            &[Wish::remove(2)],
            &settings,
            &Objective::default(),
            &mut rng,
        );
        found.safe[0].score.as_cost()
    };
    assert!(best(4) < best(0));
}

#[test]
fn no_more_is_screened_than_the_budget_allows() {
    let fake = Fake::default();
    let scene = fake.believe(&tower(), 0).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let settings = quick();
    search_step(
        scene.as_ref(),
        &tower(),
        &[Wish::remove(2), Wish::remove(3)],
        &settings,
        &Objective::default(),
        &mut rng,
    );
    let asked = fake.screened.load(std::sync::atomic::Ordering::Relaxed);
    assert!(asked <= settings.screen + settings.iterations * settings.imagine);
}

#[test]
fn an_unknown_box_is_an_error_and_not_a_plan() {
    let fake = Fake::default();
    let error = planner(&fake, None).plan(&tower(), &retrieve("nobody"));
    assert_eq!(error, Err(PlanError::NoSuchBox("nobody".into())));
}

/// A world that does what it is told, and what a test adds to it.
struct Toy {
    now: Workcell,
    steps: usize,
    /// In which step which box jumps by how much, m.
    jump: Option<(usize, &'static str, f64)>,
    /// In which step something falls.
    accident: Option<usize>,
    /// Which box is seen by how much farther along x while the first box is carried, m.
    strays: Option<(&'static str, f64)>,
    /// What was answered to that.
    answers: Vec<Onward>,
}

impl Toy {
    fn new(now: Workcell) -> Self {
        Self {
            now,
            steps: 0,
            jump: None,
            accident: None,
            strays: None,
            answers: Vec::new(),
        }
    }
}

impl Plant for Toy {
    fn observe(&mut self) -> Result<Workcell, PlantError> {
        let mut seen = self.now.clone();
        for spec in &mut seen.scene.boxes {
            spec.pose = Pose::translation(0.001, 0.0, 0.0) * spec.pose;
        }
        Ok(seen)
    }

    fn step(
        &mut self,
        action: &Action,
        watch: &mut dyn FnMut(&Glance) -> Onward,
    ) -> Result<Rollout, PlantError> {
        if let Some((id, by)) = self.strays.take() {
            let mut boxes: Vec<Pose> = self.now.scene.boxes.iter().map(|b| b.pose).collect();
            boxes[self.now.scene.box_index(id).unwrap()].translation.x += by;
            let t = action.onset() + STRIDE_S;
            let (grasp, motion) = (action.grasp().unwrap(), action.motion().unwrap());
            boxes[grasp.box_index] = motion.at(t).pose * grasp.hand_in_box.inverse();
            self.answers.push(watch(&Glance { t, boxes }));
        }
        let stopped = self.answers.last() == Some(&Onward::Stop);
        let accident = Accident {
            kind: AccidentKind::Tilt,
            box_index: action.box_index(),
            t: 1.0,
        };
        let accidents = self.accident.filter(|s| *s == self.steps).map(|_| accident);
        match action {
            Action::Place { grasp, target, .. } => {
                self.now.scene.boxes[grasp.box_index].pose = *target;
            }
            other => self.now.scene = self.now.scene.without_box(other.box_index()),
        }
        if let Some((step, id, by)) = self.jump
            && step == self.steps
            && let Some(i) = self.now.scene.box_index(id)
        {
            self.now.scene.boxes[i].pose.translation.x += by;
        }
        self.steps += 1;
        Ok(Rollout {
            reference: vec![],
            frames: vec![],
            accidents: accidents.into_iter().collect(),
            completed: !stopped,
            path_length: 0.01,
            peak_speed: 0.1,
            physics_steps: 1,
        })
    }
}

fn run(toy: &mut Toy, goal: &Goal) -> Execution {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&toy.now.clone(), goal).unwrap();
    execute(&planner, toy, goal, &plan).unwrap()
}

#[test]
fn a_plan_is_carried_out_to_its_end_on_noisy_observations() {
    let mut toy = Toy::new(tower());
    let done = run(&mut toy, &retrieve("low"));
    assert_eq!(done.stop, Stop::Done);
    assert_eq!(toy.steps, 3);
    // Every step was planned on what was seen, 1 mm from where the plan had it.
    let seen = done.steps[0].planned.scene.boxes[0].pose.translation.x;
    assert!((seen - 0.001).abs() < 1e-12);
}

#[test]
fn an_accident_ends_the_execution_at_once() {
    let mut toy = Toy::new(tower());
    toy.accident = Some(1);
    let done = run(&mut toy, &retrieve("low"));
    assert_eq!(done.stop, Stop::Accident { step: 1 });
    assert!(!done.is_success());
    assert_eq!(toy.steps, 2);
}

#[test]
fn a_box_that_is_not_where_it_was_imagined_ends_the_execution() {
    let mut toy = Toy::new(tower());
    toy.jump = Some((0, "aside", 0.2));
    let done = run(&mut toy, &retrieve("low"));
    assert!(
        matches!(done.stop, Stop::LeftImagined { step: 0, ref box_id, off_m } if box_id == "aside" && off_m > 0.19)
    );
}

#[test]
fn a_move_is_done_once_the_box_was_placed() {
    let mut toy = Toy::new(tower());
    let goal = Goal::Move {
        box_id: "high".into(),
        target: level(Vec3::new(-0.8, 0.0, 0.1), 0.0),
    };
    assert_eq!(run(&mut toy, &goal).stop, Stop::Done);
    assert_eq!(toy.steps, 1);
}

#[test]
fn vetting_finds_the_first_unsafe_step_and_repairs_the_order() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let remove = |id: &str| vet::StepToVet {
        box_id: id.into(),
        target: None,
        filter: GraspFilter::default(),
    };
    let steps = [remove("high"), remove("low"), remove("mid"), remove("mid")];
    let judged = vet::vet(&planner, &tower(), &steps).unwrap();
    let verdicts: Vec<Verdict> = judged.iter().map(|j| j.verdict).collect();
    use Verdict::{NoSafePlan, Safe};
    assert_eq!(verdicts, [Safe, NoSafePlan, Safe, NoSafePlan]);
    assert!(judged[3].why.contains("no longer there"));
    let repaired = vet::repair(&planner, &tower(), &steps).unwrap();
    assert_eq!(repaired.verdict, Safe);
    assert_eq!(order(&repaired), ["high", "mid", "low"]);
}

#[test]
fn the_largest_safe_nudge_is_found_within_a_rung_and_confirmed() {
    let fake = Fake::default();
    let cell = tower();
    let scene = fake.believe(&cell, 0).unwrap();
    let line = probe::Line {
        poke: probe::Poke::Nudge,
        box_index: 3,
        direction: Vec3::x(),
    };
    // The fake's bound is 0.105 per metre, so the limit of 0.02 is met at 0.190 m.
    let found = probe::largest_safe(scene.as_ref(), &cell, &line, Some(&fake), 0).unwrap();
    assert!(
        found.value <= 0.02 / 0.105 && found.value > 0.18,
        "{}",
        found.value
    );
    assert_eq!(found.confirmed, Some(true));
    let strict = Fake {
        cursed: vec!["aside".into()],
        ..Fake::default()
    };
    let refused = probe::largest_safe(scene.as_ref(), &cell, &line, Some(&strict), 0).unwrap();
    assert_eq!(refused.confirmed, Some(false));
}

#[test]
fn a_plans_json_holds_the_keys_of_the_design_and_what_replay_needs() {
    let mut toy = Toy::new(tower());
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&tower(), &retrieve("mid")).unwrap();
    let done = execute(&planner, &mut toy, &retrieve("mid"), &plan).unwrap();
    let asked = report::Asked {
        task: "tower".into(),
        seed: 7,
        dynamics: "learned".into(),
        model: report::ModelReport {
            name: "fake".into(),
            hash: "0".into(),
        },
    };
    let report = report::PlanReport::new(asked, &tower(), &plan, Some(&done));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["verdict"], "safe");
    assert_eq!(json["steps"][0]["box"], "high");
    assert_eq!(json["steps"][0]["action"], "remove");
    assert_eq!(json["steps"][0]["motion"][0]["grip"], "open");
    assert!(json["steps"][0]["imagined"][0]["boxes"]["low"]["position"].is_array());
    assert!(json["steps"][0]["risk_by_accident"]["strike"].is_number());
    assert_eq!(json["scene"]["boxes"]["aside"]["size"][2], 0.2);
    assert_eq!(json["executed"]["success"], true);
    assert!(json["timing_ms"]["verify"].is_number());
}

/// One box is carried off while "aside" strays by `by`, on a physics that is `nervous` about it for motions
/// of less than so many seconds.
fn carried_beside(by: f64, seconds: f64) -> (Execution, Vec<Onward>) {
    let mut toy = Toy::new(tower());
    let aside = toy.now.scene.box_index("aside").unwrap();
    let fake = Fake {
        nervous: Some((
            "aside".into(),
            toy.now.scene.boxes[aside].pose.translation.x,
            seconds,
        )),
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let goal = retrieve("high");
    let plan = planner.plan(&toy.now.clone(), &goal).unwrap();
    toy.strays = Some(("aside", by));
    let done = execute(&planner, &mut toy, &goal, &plan).unwrap();
    (done, toy.answers)
}

#[test]
fn noise_and_a_small_shift_that_is_still_safe_do_not_stop_the_hand() {
    let (done, answers) = carried_beside(0.004, 0.0);
    assert_eq!((done.stop, answers), (Stop::Done, vec![Onward::CarryOn]));
    assert!(done.steps[0].surprises.is_empty());
    let (done, answers) = carried_beside(0.02, 0.0);
    assert_eq!((done.stop, answers), (Stop::Done, vec![Onward::CarryOn]));
    let surprise = &done.steps[0].surprises[0];
    assert_eq!(surprise.box_id, "aside");
    assert!(matches!(surprise.reply, Reply::CarriedOn { .. }));
}

#[test]
fn a_motion_that_is_no_longer_safe_goes_on_another_way_that_is() {
    let (first, _) = carried_beside(0.0, 0.0);
    let planned = first.steps[0].planned.step.action.motion().unwrap().clone();
    let (done, answers) = carried_beside(0.02, planned.duration() + 0.1);
    assert_eq!(done.stop, Stop::Done);
    let Onward::Change(other) = &answers[0] else {
        panic!("{answers:?}");
    };
    assert!(other.duration() > planned.duration() + 0.1);
    let onset = planned.grip_time().unwrap();
    assert_eq!(other.at(onset + 0.1).pose, planned.at(onset + 0.1).pose);
}

#[test]
fn the_hand_stops_where_no_way_on_is_safe_or_a_box_is_far_off() {
    for (by, seconds) in [(0.02, 1e9), (0.2, 0.0)] {
        let (done, answers) = carried_beside(by, seconds);
        assert_eq!(answers, vec![Onward::Stop]);
        assert!(
            matches!(done.stop, Stop::Halted { step: 0, ref box_id, .. } if box_id == "aside"),
            "{:?}",
            done.stop
        );
    }
}

#[test]
fn a_box_that_tilts_in_its_place_stops_the_hand_and_one_that_is_no_number_does_too() {
    for tilted in [
        Pose::from_parts(Vec3::zeros().into(), rotation_about_x(0.3)),
        Pose::translation(f64::NAN, 0.0, 0.0),
    ] {
        let seen = tower();
        let fake = Fake::default();
        let planner = planner(&fake, None);
        let plan = planner.plan(&seen, &retrieve("high")).unwrap();
        let mut watch = watch::Watch::new(&planner, &seen, &plan.steps[0], 1);
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        let aside = seen.scene.box_index("aside").unwrap();
        boxes[aside] *= tilted;
        let t = plan.steps[0].step.action.onset();
        assert_eq!(watch.look(&Glance { t, boxes }), Onward::Stop);
        assert_eq!(watch.surprises[0].reply, Reply::StoppedFarOff);
    }
}

fn rotation_about_x(angle: f64) -> crate::pose::Quat {
    crate::pose::Quat::from_scaled_axis(Vec3::new(angle, 0.0, 0.0))
}

#[test]
fn a_box_that_goes_on_moving_from_glance_to_glance_stops_the_hand() {
    let seen = tower();
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let mut watch = watch::Watch::new(&planner, &seen, &plan.steps[0], 1);
    let aside = seen.scene.box_index("aside").unwrap();
    let mut look = |by: f64| {
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[aside].translation.x += by;
        let t = plan.steps[0].step.action.onset();
        watch.look(&Glance { t, boxes })
    };
    assert_eq!(look(0.013), Onward::CarryOn);
    assert_eq!(look(0.026), Onward::Stop);
    assert_eq!(watch.surprises[1].reply, Reply::StoppedUnderWay);
}
