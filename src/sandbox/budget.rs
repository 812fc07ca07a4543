//! How many draws the sandbox is asked under, and for what.
//!
//! Owns [`SandboxDynamics`], the plain numbers of it, and where each kind of caller gets them from. The worlds are `exact`'s.

/// The sandbox under a number of draws.
#[derive(Clone, Copy, Debug)]
pub struct SandboxDynamics {
    /// Draws for each screened action.
    pub screen_draws: usize,
    /// Draws for each imagined action.
    pub imagine_draws: usize,
    /// Draws after which an action is not looked at any further if what went wrong is over the task's limit already,
    /// however the rest of the draws would end; after twice as many again, and so on. Of such an action the share
    /// of what was simulated is told, which leans upwards.
    pub first_rung: usize,
    /// Which of its draws an imagined action is looked at under.
    pub closer_look: CloserLook,
}

/// Under which draws an action is imagined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloserLook {
    /// From the first on: those that it was screened under are among them, for whoever counts all that it saw.
    #[default]
    FromTheFirst,
    /// Others than it was screened under, as long as there are any: for whoever has few and learns nothing of one twice.
    OtherDraws,
}

/// At a limit of 2 % one accident decides; with fewer draws at a time threads would wait for each other.
const FIRST_RUNG: usize = 8;

impl Default for SandboxDynamics {
    /// 4 draws to screen, 32 to imagine, judged by the share.
    fn default() -> Self {
        Self {
            screen_draws: 4,
            imagine_draws: 32,
            first_rung: FIRST_RUNG,
            closer_look: CloserLook::default(),
        }
    }
}

impl SandboxDynamics {
    /// As reports name it.
    pub const NAME: &str = "sandbox";

    /// The same draws, and all of them simulated whatever comes of them, for whoever tells the share to a person.
    pub fn unhurried(self) -> Self {
        Self {
            first_rung: self.screen_draws.max(self.imagine_draws),
            ..self
        }
    }

    /// Beside another physics: so many draws to screen what that one chose, judged by their share. All of
    /// them are simulated, since whoever asks counts them.
    pub fn beside_another(draws: usize) -> Self {
        Self {
            screen_draws: draws,
            imagine_draws: 1,
            first_rung: draws,
            closer_look: CloserLook::default(),
        }
    }
}
