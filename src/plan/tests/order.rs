//! Across steps: what is taken, and in which order.

use super::*;

#[test]
fn a_free_box_is_taken_in_one_step() {
    let fake = Fake::default();
    let plan = planned(&fake, None, &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::Safe);
    assert_eq!(order(&plan), ["high"]);
    assert!(plan.risk_bound <= tower().safety.max_risk);
}

#[test]
fn a_buried_box_is_reached_by_taking_first_what_stands_on_it() {
    let fake = Fake::default();
    let plan = planned(&fake, None, &retrieve("low"));
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
    let plan = planned(&fake, None, &goal);
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
    let plan = planned(&fake, None, &goal);
    assert_eq!(order(&plan), ["high", "mid"]);
    let Action::Place { target: there, .. } = &plan.steps[1].step.action else {
        panic!("the last step places the box");
    };
    assert_eq!(*there, target);
}

#[test]
fn a_box_that_is_seen_where_it_shall_stand_needs_no_step() {
    let fake = Fake::default();
    let steps_for = |off: f64, turned: f64, noise: f64| {
        let mut cell = tower();
        cell.scene.pose_noise.position_m *= noise;
        cell.scene.pose_noise.rotation_rad *= noise;
        let scene = &cell.scene;
        let at = scene.boxes[scene.box_index("aside").unwrap()].pose;
        let turn = Quat::from_axis_angle(&Vec3::z_axis(), turned);
        let goal = Goal::Move {
            box_id: "aside".into(),
            target: Pose::from_parts(
                (at.translation.vector + Vec3::new(0.0, off, 0.0)).into(),
                turn * at.rotation,
            ),
        };
        let plan = planner(&fake, None).plan(&cell, &goal).unwrap();
        assert_eq!(plan.verdict, Verdict::Safe);
        plan.steps.len()
    };
    // The noise of a look is 2 mm and a degree.
    assert_eq!(steps_for(0.003, 0.02, 1.0), 0);
    assert_eq!(steps_for(0.05, 0.0, 1.0), 1);
    assert_eq!(steps_for(0.0, 0.2, 1.0), 1);
    // Ten times that hides no more than half of an accident.
    assert_eq!(steps_for(0.02, 0.1, 10.0), 0);
    assert_eq!(steps_for(0.03, 0.0, 10.0), 1);
    assert_eq!(steps_for(0.0, 0.2, 10.0), 1);
}

#[test]
fn what_a_box_is_to_rest_on_is_not_taken_away_however_it_is_in_the_way() {
    // `aside` shall stand on `mid`, once `high` is gone, and nothing but `high` may go for it.
    let onto = |z: f64| Goal::Move {
        box_id: "aside".into(),
        target: level(Vec3::new(0.0, 0.0, z), 0.0),
    };
    let plan = planned(&Fake::default(), None, &onto(0.5));
    assert_eq!(order(&plan), ["high", "aside"]);
    let fake = Fake {
        cursed: vec!["aside".into()],
        ..Fake::default()
    };
    let plan = planned(&fake, None, &onto(0.7));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.rejected.iter().all(|r| r.box_id == "aside"));
    assert_eq!(wanted::to_stay(&tower(), &onto(0.7)), [0, 1, 2]);
    assert_eq!(wanted::to_stay(&tower(), &onto(0.5)), [0, 1]);
}

#[test]
fn what_only_stands_beside_the_place_that_a_box_is_to_rest_on_may_be_taken() {
    // `q` stands on `b`; its top is 2 mm lower than the place on `post`, and a millimetre beside it.
    let cell = workcell(
        vec![
            a_box("b", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 0.6),
            a_box("q", [0.1, 0.3, 0.198], [0.1, 0.0, 0.299], 0.3),
            a_box("post", [0.3, 0.3, 0.4], [0.301, 0.0, 0.2], 0.6),
        ],
        vec![],
    );
    let goal = Goal::Move {
        box_id: "b".into(),
        target: level(Vec3::new(0.301, 0.0, 0.5), 0.0),
    };
    assert_eq!(wanted::to_stay(&cell, &goal), [2]);
    let plan = planner(&Fake::default(), None).plan(&cell, &goal).unwrap();
    assert_eq!(order(&plan), ["q", "b"]);
}

#[test]
fn what_is_in_the_way_into_a_shelf_is_taken_first() {
    let board = |id: &str, z: f64| a_fixture(id, [1.0, 0.8, 0.03], [1.05, 0.0, z]);
    let size = [0.25, 0.25, 0.2];
    let planned = |in_the_mouth: bool| {
        let mut boxes = vec![a_box("a", size, [0.0, 0.0, 0.1], 0.6)];
        boxes.extend(in_the_mouth.then(|| a_box("mouth", size, [0.7, -0.15, 0.515], 0.6)));
        let shelf = vec![
            board("low", 0.4),
            board("roof", 0.73),
            a_fixture("left", [1.0, 0.03, 0.36], [1.05, 0.415, 0.56]),
            a_fixture("right", [1.0, 0.03, 0.36], [1.05, -0.415, 0.56]),
            a_fixture("back", [0.03, 0.86, 0.36], [1.565, 0.0, 0.56]),
        ];
        let goal = Goal::Move {
            box_id: "a".into(),
            target: level(Vec3::new(1.35, -0.15, 0.515), 0.0),
        };
        let plan = planner(&Fake::default(), None).plan(&workcell(boxes, shelf), &goal);
        plan.unwrap()
    };
    assert_eq!(order(&planned(false)), ["a"]);
    assert_eq!(order(&planned(true)), ["mouth", "a"]);
}

#[test]
fn a_box_at_the_target_is_taken_away_first() {
    let fake = Fake::default();
    let goal = Goal::Move {
        box_id: "high".into(),
        target: level(Vec3::new(1.0, 0.05, 0.1), 0.0),
    };
    let plan = planned(&fake, None, &goal);
    assert_eq!(order(&plan), ["aside", "high"]);
}

#[test]
fn a_limit_on_the_whole_plan_turns_down_safe_steps_that_add_up() {
    let fake = Fake::default();
    let free = planned(&fake, None, &retrieve("low"));
    let mut cell = tower();
    cell.safety.max_plan_risk = Some(0.5 * free.risk_bound);
    let plan = planner(&fake, None).plan(&cell, &retrieve("low")).unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "plan_risk"));
    assert!(plan.risk_bound > 0.5 * free.risk_bound && plan.risk_bound < 1.0);
    assert_eq!(plan.remedies.len(), 1);
    assert!(plan.remedies[0].contains("safety.max_plan_risk"));
}

#[test]
fn an_unknown_box_is_an_error_and_not_a_plan() {
    let fake = Fake::default();
    let error = planner(&fake, None).plan(&tower(), &retrieve("nobody"));
    assert_eq!(error, Err(PlanError::NoSuchBox("nobody".into())));
}
