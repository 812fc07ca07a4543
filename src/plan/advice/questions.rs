//! Which changes are asked about, and by how many at a time.
//!
//! Owns [`Question`] and the order of the answers, which is that of the questions however many threads ask them: each is a
//! search of its own, of which one alone seldom keeps more than two cores busy.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::grippers::other_grippers;
use super::{Advice, Asking};
use crate::plan::alone::out_of_hand;
use crate::plan::explain::{least_over_plan_limit, that_matter};
use crate::plan::planner::PlanError;
use crate::scene::Gripper;

/// A change to ask about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Boxes are gone, by id.
    Without(Vec<String>),
    /// The least risky step is carried out more slowly.
    SlowerLift,
    /// The robot has this gripper in place of its own.
    OtherGripper(Gripper),
    /// All its grippers are stronger.
    Stronger,
    /// The goal's box is known exactly.
    KnownBox,
    /// The whole plan may have more risk.
    HigherPlanLimit,
    /// A step may have more risk.
    HigherLimit,
}

impl Question {
    /// For whoever waits.
    fn in_words(&self) -> String {
        match self {
            Self::Without(boxes) => format!("without `{}`", boxes.join("`, `")),
            Self::SlowerLift => "a slower lift".to_owned(),
            Self::OtherGripper(_) => "another gripper".to_owned(),
            Self::Stronger => "a stronger gripper".to_owned(),
            Self::KnownBox => "a box that is known exactly".to_owned(),
            Self::HigherPlanLimit => "a higher limit on the whole plan".to_owned(),
            Self::HigherLimit => "a higher limit".to_owned(),
        }
    }
}

/// What one question came to; nothing where there is nothing to ask.
type Answered = Result<Option<Advice>, PlanError>;

impl Asking<'_> {
    /// All that is worth asking, in order.
    pub(super) fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        // Where only the whole is over its limit, boxes that are taken before do not come cheaper in a plan of their own; and
        // what cannot be gripped alone is not helped by what is gone.
        let rejected = &self.plan.rejected;
        let boxes = that_matter(self.workcell, self.goal, rejected);
        let of_those = rejected.iter().filter(|r| boxes.contains(&r.box_id));
        let whole_is_over = least_over_plan_limit(of_those).is_some();
        if whole_is_over {
            questions.push(Question::HigherPlanLimit);
        } else if out_of_hand(self.workcell, self.goal).is_empty() {
            let sets = self.sets_in_the_way();
            questions.extend(sets.iter().map(|set| Question::Without(self.ids_of(set))));
        }
        questions.push(Question::SlowerLift);
        let others = other_grippers(&self.workcell.robot.grippers);
        questions.extend(others.into_iter().map(Question::OtherGripper));
        questions.extend([
            Question::Stronger,
            Question::KnownBox,
            Question::HigherLimit,
        ]);
        questions
    }

    /// Asks them all, as many at a time as there are threads; each is named to `asks` before it is asked.
    ///
    /// # Errors
    /// That of the first question that has one.
    pub(super) fn ask_all(
        &self,
        questions: &[Question],
        asks: &(impl Fn(&str) + Sync),
    ) -> Result<Vec<Advice>, PlanError> {
        let next = AtomicUsize::new(0);
        let answers: Mutex<Vec<(usize, Answered)>> = Mutex::new(Vec::new());
        let ask = || {
            while let Some((k, question)) = pick(questions, &next) {
                asks(&question.in_words());
                let answer = self.answer(question);
                // Poisoned only where another thread panicked, which goes on as that.
                if let Ok(mut answers) = answers.lock() {
                    answers.push((k, answer));
                }
            }
        };
        let at_a_time = rayon::current_num_threads().min(questions.len());
        std::thread::scope(|scope| {
            for _ in 1..at_a_time {
                scope.spawn(ask);
            }
            ask();
        });
        let mut answers = answers.into_inner().unwrap_or_else(|e| e.into_inner());
        answers.sort_by_key(|(k, _)| *k);
        let told = answers.into_iter().filter_map(|(_, a)| a.transpose());
        told.collect()
    }

    fn answer(&self, question: &Question) -> Answered {
        match question {
            Question::Without(boxes) => self.without(boxes.clone()).map(Some),
            Question::SlowerLift => self.slower_lift(),
            Question::OtherGripper(gripper) => self.with_gripper(*gripper).map(Some),
            Question::Stronger => self.stronger().map(Some),
            Question::KnownBox => self.known_box(),
            Question::HigherPlanLimit => self.higher_plan_limit().map(Some),
            Question::HigherLimit => self.higher_limit(),
        }
    }
}

/// The next question that nobody has picked.
fn pick<'a>(questions: &'a [Question], next: &AtomicUsize) -> Option<(usize, &'a Question)> {
    let k = next.fetch_add(1, Ordering::Relaxed);
    questions.get(k).map(|question| (k, question))
}
