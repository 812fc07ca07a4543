//! `topple` answers one question before a robot touches a stack: if I pull this box, what else comes down?
//!
//! # The pipeline
//!
//! 1. [`scene`] reads a task file: a belief about boxes, a robot, limits.
//! 2. [`sandbox`] carries actions out in rapier, under draws of the belief: the ground truth.
//! 3. [`dataset`] keeps what came of millions of them, in Parquet.
//! 4. [`model`] learns from that, in candle: risk in one pass, trajectories by strides.
//! 5. [`dynamics`] is the trait that both physics implement; through it [`dataset`] may ask a model which actions
//!    it doubts, without knowing it.
//! 6. [`grasp`] and [`motion`] propose; [`plan`] asks the dynamics and picks, or refuses.
//! 7. [`eval`] measures the model against the sandbox, and the planner in it.
//! 8. [`plots`] draws a training run, [`replay`] what happens to the boxes; [`cli`] prints. Whoever writes a file
//!    does it through [`files`]: whole or not at all.
//!
//! [`pose`], [`gravity`], [`seed`], [`quantiles`] and [`rollout`] are the words that all of them share.
//!
//! Data flows one way: scene → sandbox → dataset → model → plan → eval → cli. `sandbox`, `model`
//! and `plan` do not import each other.
//!
//! # Where a change goes
//!
//! | change | where | and then |
//! | --- | --- | --- |
//! | a key of task files | `scene::task`: `format`, `scene_format` or `kinds`; `build`, `write` | |
//! | a kind of gripper | [`scene`], `scene::task::robot`; `grasp`: `propose`, `statics`, `hand`; a file beside `sandbox::suction`; `model`: `grip`, `demand`, `takeup`, `tools`, `tumble::hand`; `plan::moveit`, `replay::hand` | data and model anew |
//! | what counts as an accident | [`rollout::AccidentKind`], `sandbox::monitor` | [`sandbox::SANDBOX_VERSION`]; references, data and model anew |
//! | what the network is told | `model::features` | [`model::card::MODEL_VERSION`]; model anew |
//! | stacks or actions to learn from | [`scene::families`], [`dataset::actions`] | data and model anew |
//! | what is tried within a step, across steps, and the check | `plan::step` and [`plan::sampler`]; `plan::order` and `plan::wanted`; [`plan::shield`] | `REFERENCE_VERSION` in `eval::contest` |
//! | a key of `--json`, a sentence for a person | `plan::report`; the command's `_text` in [`cli`] | |
//! | a split, a contestant, a benchmark | `eval::suite`; `eval::contest` and [`plan::baseline`]; `eval::bench` | |
//!
//! Comments that name a section of the design mean the contract that the program was built to: 2 are the words and limits, 3 the commands and
//! exit codes, 4 the task files, 5 the data's layout, 6 the architecture, 7 the figures. What of it holds is said where it is cited.
//!
//! # Where measurements changed the design
//!
//! - The sandbox recycles contacts of pairs that moved less than 0.1 mm, and looks 2 mm ahead in place
//!   of 20 (`sandbox::engine`): blocks with gaps step three to six times as fast, and what can be
//!   written down of slip, tipping, stacks and grippers holds as before.
//! - Judging and imagining have a trunk each (`model::network`): one scene is not encoded once for both.
//! - The network is told a rough forecast by rigid-body steps a hundred times the sandbox's
//!   (`model::sketch`), the whole way of a carried box (`model::way`), how far a grip gives and how it takes up
//!   its load (`model::takeup`): what no statics of the scene at rest told it, no number of episodes made up for
//!   ([`model`], "What mattered").
//! - What is imagined is led by rigid bodies in short steps, the hand on its way in among them (`model::tumble`): from what
//!   the scene was at first the network did not learn how boxes fall, nor from that forecast followed as long. What they take
//!   of boxes, grip and hand is weighed in a second judgement (`model::network`), so the risk of what is imagined is not the
//!   one that it was screened by.
//! - The shield's draws weigh with what was judged instead of only vetoing it (`plan::shield`): four where the
//!   case is clear, up to 24 where it is not, so that what the model judges over the limit can still be done.
//! - The hand goes smoothly from key to key (`rollout::smooth`), and a nudge sets out and stops gently, with no more
//!   than the robot's force (`rollout::nudge`): straight lines and a stiff drive were blows that no robot deals.
//! - A cup's bellows are as stiff as its limits ask (`grasp::compliance`): with one spring for all no cup held
//!   more than 37 kg, whatever its limits.
//! - A cup's load is what its joint bore, not its stretch and speed (`sandbox::suction`), and where its damper is stiff for a
//!   light box the engine sweeps four times a substep: 52 of 691 lost boxes were lost by how the load was read.
//! - Training tells each episode again with the noise of another look (`model::retell`).
//! - A third of what the model learns from was chosen by an earlier one as what it doubts (`dataset::Doubted`): of most
//!   of what is drawn at random it was sure.
//! - What the model learned from last is a fifth real pallets (`dataset::given`): made-up freight did not teach what
//!   real freight does, and no more of it would have ([`model`], "Real packings").
//! - A hand unlike those learned from is refused by its size and strength (`model::tools`): columns that several kinds
//!   of action share hid it.
//!
//! # Units and frames
//!
//! SI, radians inside, degrees only where a key of a file ends in `_deg`. The world is
//! right-handed, z up, ground at z = 0. Quaternions `[x, y, z, w]`. Sizes are full edge lengths,
//! poses are of a box's geometric centre. The hand's +z points out of the palm (REP-103).
//!
//! # Notation
//!
//! `B` batch, `H` horizon in strides, `N` bodies, `M` members, `E` edges: `[M, B, H, N, 7]`.

#![deny(clippy::print_stdout, clippy::print_stderr)]
// The docs are the map for whoever works here, who reads them with `--document-private-items`.
#![allow(rustdoc::private_intra_doc_links)]

pub mod cli;
pub mod dataset;
pub mod dynamics;
pub mod eval;
pub mod files;
pub mod grasp;
pub mod gravity;
pub mod model;
pub mod motion;
pub mod plan;
pub mod plots;
pub mod pose;
pub mod quantiles;
pub mod replay;
pub mod rollout;
pub mod sandbox;
pub mod scene;
pub mod seed;
