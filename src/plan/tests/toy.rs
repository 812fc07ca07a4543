//! A world of the simplest kind to carry plans out in.

use super::*;

/// A world that does what it is told, and what a test adds to it.
pub(super) struct Toy {
    pub(super) now: Workcell,
    pub(super) steps: usize,
    /// In which step which box jumps by how much, m.
    pub(super) jump: Option<(usize, &'static str, f64)>,
    /// In which step something falls.
    pub(super) accident: Option<usize>,
    /// After how many steps nothing can be seen any more.
    pub(super) blind_after: Option<usize>,
    /// Which box is seen by how much farther along x while the first box is carried, m.
    pub(super) strays: Option<(&'static str, f64)>,
    /// What was answered to that.
    pub(super) answers: Vec<Onward>,
}

impl Toy {
    pub(super) fn new(now: Workcell) -> Self {
        Self {
            now,
            steps: 0,
            jump: None,
            accident: None,
            blind_after: None,
            strays: None,
            answers: Vec::new(),
        }
    }
}

impl Plant for Toy {
    fn observe(&mut self) -> Result<Workcell, PlantError> {
        if self.blind_after.is_some_and(|after| self.steps >= after) {
            return Err(PlantError("the camera is dark".to_owned()));
        }
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
