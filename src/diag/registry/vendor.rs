//! Whose processor the guest sees, and which.

use super::{Fact, Rule, Scope};
use crate::diag::Level::Always;
use crate::diag::Severity::{Error, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "vendor::signature_in_part",
        summary: "a family without a model, or a model without a family",
        level: Always(Error),
        scope: Scope::Spec,
        needs: &[Fact::Spec],
        requires: &[],
        since: "0.1.0",
        earned_by: "family 23 beside the model of a Zen 4 host reads as a processor that nobody made: Linux applies no Zen at all",
    },
    Rule {
        name: "vendor::family_beyond_host",
        summary: "a family whose leaves the host does not have",
        level: Always(Error),
        scope: Scope::Host,
        needs: &[Fact::Vendor, Fact::Host],
        requires: &[
            "vendor::mismatch",
            "leaf::beyond_field",
            "vendor::signature_in_part",
            "vendor::not_supported",
        ],
        since: "0.1.0",
        earned_by: "a Zen 4 name on a Zen 2 host: what reads 80000026H finds a leaf that no other part of the guest fits to",
    },
    Rule {
        name: "vendor::family_unlike_features",
        summary: "a family and model whose features are not the guest's",
        level: Always(Warning),
        scope: Scope::Host,
        needs: &[Fact::Vendor, Fact::Host],
        requires: &["vendor::family_beyond_host", "host::no_cpuid"],
        since: "0.1.0",
        earned_by: "compilers with `-march=native` choose by family and model: code for a feature that is not there ends in #UD",
    },
];
