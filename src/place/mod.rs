//! Can this host really give the guest that shape, and on which of its CPUs? docs/placement.md says what is asked.
//!
//! [`Wish`] is what a guest asks, [`HostShape`] what there is, [`place`] the search between them. It is exact: it answers
//! with a placement, or with a reason why there is none, or, where its budget of steps is spent, that it does not know.
//! The same question has the same answer.
//!
//! On a host whose sets nest, both sides are trees. The search asks whether blocks of the guest fit into a block of the
//! host, class by class, so that a thousand like CPUs cost what a few do. On a host whose sets cross it goes CPU by CPU.

mod crossing;
mod diagnose;
mod host;
mod layers;
mod layout;
mod level;
mod matching;
mod nearest;
mod packing;
mod part;
mod reason;
mod solve;
mod trees;
mod verify;
mod wish;

use std::fmt;

pub use host::{HostNode, HostShape};
pub use level::Level;
pub use nearest::{Shape, nearest};
pub use reason::{Counted, GuestUnit, HostUnit, Obstacle, Reason, Shortage, Subject};
pub use verify::verify;
pub use wish::{Demand, Wish, WishNode};

use solve::{Outcome, solve};

/// A budget of steps that decides all but contrived machines, and is spent in a fraction of a second.
pub const BUDGET: u64 = 1 << 18;

/// What came of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The host can give that shape, here.
    Fits(Placement),
    /// It cannot, and why.
    DoesNotFit(Box<Reason>),
    /// The budget was spent before either was known.
    Undecided {
        /// The steps taken.
        steps: u64,
    },
}

/// A place for every vCPU and node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// By vCPU index: the host's CPU, by the kernel's number.
    pub cpu_of: Vec<u32>,
    /// By number of the guest's node: the host's node, by the kernel's number. Empty where one of the two has no nodes.
    pub node_of: Vec<Option<u32>>,
}

/// The search found a placement that is none: a bug of topoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction(
    /// What is wrong with the placement.
    pub String,
);

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the search for a place contradicts itself: {}", self.0)
    }
}

impl std::error::Error for Contradiction {}

/// Searches a place on a host for all that a guest asks, within a budget of steps such as [`BUDGET`].
///
/// # Errors
///
/// A placement that [`verify`] refuses, which is a bug of topoc.
pub fn place(wish: &Wish, host: &HostShape, budget: u64) -> Result<Answer, Contradiction> {
    let mut steps = 0;
    match solve(wish, host, budget, &mut steps) {
        Outcome::Fits(placement) => {
            verify(wish, host, &placement).map_err(Contradiction)?;
            Ok(Answer::Fits(placement))
        }
        Outcome::DoesNotFit => Ok(Answer::DoesNotFit(Box::new(diagnose::diagnose(wish, host, budget)))),
        Outcome::Undecided => Ok(Answer::Undecided { steps }),
    }
}
