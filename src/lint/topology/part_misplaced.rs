//! `topology::part_misplaced`

use crate::diag::{At, Diagnostic, Severity};
use crate::lint::Facts;
use crate::lint::mend::{remove, suggested};
use crate::topology::Misplaced;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    out.extend(facts.block().misplaced().into_iter().map(said));
}

fn said(misplaced: Misplaced) -> Diagnostic {
    let error = |message: String| Diagnostic::new("topology::part_misplaced", Severity::Error, message);
    match misplaced {
        Misplaced::Level { part, domain, around, inside } => {
            let (key, word) = (domain.key(), inside.key());
            error(format!("`{key}` in a part of a {inside}: a {inside} is made of what lies inside of it"))
                .label(At::Value(part.key(key)), format!("counts {key}"))
                .label(At::Value(around.key(word)), format!("its parts lie in a {inside}"))
                .help(format!(
                    "leave `{word}` out beside these `parts`, and write it in each, or `{key}` in none"
                ))
        }
        Misplaced::Empty { parts } => error("`parts` has 0 parts, at least 1 is needed".to_owned())
            .label(At::Value(parts.clone()), "no part")
            .help("leave `parts` out, or write one: `- { cores: 4 }`")
            .fix(suggested([remove(parts.as_str())])),
        Misplaced::Countless { part } => {
            error("a part has parts of its own, and 0 counts: nothing says what they make up".to_owned())
                .label(At::Value(part), "counts nothing")
                .help("count what its parts are inside of, such as `dies: 1`, or list them in its place")
        }
        Misplaced::Thread { parts } => error("a thread has no parts: nothing lies inside of it".to_owned())
            .label(At::Value(parts), "beside `threads`")
            .help("leave `threads` out here, and write it in each part"),
        Misplaced::CoreType { part } => {
            error("`core_type` in a part of a core: all threads of a core are of its 1 type".to_owned())
                .label(At::Value(part.key("core_type")), "a type for threads")
                .help("write `core_type` beside `cores`")
        }
    }
}
