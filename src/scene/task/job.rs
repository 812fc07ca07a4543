//! The task of a task file.
//!
//! Owns how ids become indices, and that the target of a move has to hold the box.

use super::Task;
use super::build::Builder;
use super::check::find_box_faults;
use super::error::MistakeKind;
use super::format::{TaskBlock, TaskKind};
use super::kinds::TASK_KEYS;
use super::place::FieldPath;
use crate::pose::{Pose, Quat};
use crate::scene::Scene;

impl Builder<'_> {
    /// The task, its names looked up in `scene`; `None` when it has mistakes.
    pub fn task(&mut self, block: &TaskBlock, scene: &Scene) -> Option<Task> {
        let at = FieldPath::default().key("task");
        let given = [
            ("box", block.r#box.is_some()),
            ("boxes", block.boxes.is_some()),
            ("to", block.to.is_some()),
        ];
        let before = self.mistakes.len();
        self.keys_of_kind(&TASK_KEYS[block.kind as usize], &given, &at);
        let box_path = at.key("box");
        let task = match block.kind {
            TaskKind::Retrieve => Task::Retrieve {
                box_index: self.box_index(block.r#box.as_deref()?, scene, &box_path)?,
            },
            TaskKind::Clear => Task::Clear {
                boxes: self.boxes_to_clear(block.boxes.as_deref(), scene, &at.key("boxes")),
            },
            TaskKind::Move => {
                let box_index = self.box_index(block.r#box.as_deref()?, scene, &box_path)?;
                let path = at.key("to");
                let target = self.pose_block(block.to.as_ref()?, &path, Quat::identity());
                self.check_target(scene, box_index, &target, &path.key("position"));
                Task::Move { box_index, target }
            }
        };
        (self.mistakes.len() == before).then_some(task)
    }

    fn boxes_to_clear(
        &mut self,
        ids: Option<&[String]>,
        scene: &Scene,
        at: &FieldPath,
    ) -> Vec<usize> {
        let Some(ids) = ids else {
            return (0..scene.boxes.len()).collect();
        };
        let mut boxes = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            let path = at.index(i);
            match self.box_index(id, scene, &path) {
                Some(index) if boxes.contains(&index) => {
                    let message = format!("box `{id}` is in the list twice");
                    self.note(
                        MistakeKind::Duplicate,
                        &path,
                        message,
                        "Keep one.".to_owned(),
                    );
                }
                Some(index) => boxes.push(index),
                None => {}
            }
        }
        boxes
    }

    fn check_target(&mut self, scene: &Scene, index: usize, target: &Pose, at: &FieldPath) {
        let what = format!("box `{}`, where it is to stand,", scene.boxes[index].id);
        for fault in find_box_faults(scene, index, target) {
            self.note_fault(scene, &fault, &what, at);
        }
    }
}
