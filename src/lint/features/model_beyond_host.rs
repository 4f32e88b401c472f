//! `features::model_beyond_host`

use super::{beyond, names};
use crate::diag::{Diagnostic, Severity};
use crate::features::level;
use crate::lint::mend::{set, suggested};
use crate::lint::{Facts, value};
use crate::spec::CpuModel;

pub(in crate::lint) fn check(facts: &Facts<'_>, out: &mut Vec<Diagnostic>) {
    let (Some(selection), Some(cpu)) = (facts.features, &facts.spec.cpu) else { return };
    let Some(model) = cpu.model else { return };
    let lacks = |model| level(model).map(|level| beyond(&level, &selection.offered)).unwrap_or_default();
    let lacking = lacks(model);
    let Some(first) = lacking.first() else { return };
    let fits =
        [CpuModel::V4, CpuModel::V3, CpuModel::V2, CpuModel::V1].into_iter().find(|m| lacks(*m).is_empty());
    let diagnostic = Diagnostic::new(
        "features::model_beyond_host",
        Severity::Error,
        format!(
            "`{}` takes {} of the host, which does not offer {}",
            model.word(),
            names(&lacking),
            if lacking.len() == 1 { "it" } else { "them" }
        ),
    )
    .label(value("cpu.model"), "more than the host offers");
    let fits = fits.map_or("host", CpuModel::word);
    out.push(
        facts
            .label_register(diagnostic, first)
            .help(format!("write `model: {fits}`"))
            .fix(suggested([set("cpu.model", fits)])),
    );
}
