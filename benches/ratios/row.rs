//! The printed table.

/// A measured thing beside its peer or its limit, or why it was not measured.
pub struct Row {
    what: String,
    peer: String,
    result: Result<Measured, String>,
    aim: f64,
}

struct Measured {
    own: String,
    peer: String,
    ratio: f64,
}

impl Row {
    /// Two times in nanoseconds.
    pub fn of(what: &str, peer: &str, own: f64, other: f64, aim: f64) -> Self {
        let measured = Measured { own: duration(own), peer: duration(other), ratio: own / other };
        Self { what: what.to_owned(), peer: peer.to_owned(), result: Ok(measured), aim }
    }

    /// A number beside a limit of the same unit: the ratio is of the limit, and 1 is the aim.
    pub fn limit(what: &str, unit: &str, own: f64, limit: f64) -> Self {
        let measured =
            Measured { own: format!("{own:.1} {unit}"), peer: format!("{limit} {unit}"), ratio: own / limit };
        Self { what: what.to_owned(), peer: "limit".to_owned(), result: Ok(measured), aim: 1.0 }
    }

    /// What cannot run here.
    pub fn skipped(what: &str, peer: &str, why: String, aim: f64) -> Self {
        Self { what: what.to_owned(), peer: peer.to_owned(), result: Err(why), aim }
    }
}

/// The rows as a table of a page.
pub fn table(rows: &[Row]) -> String {
    let mut text = "| what | measured | peer | peer's | ratio | aim | |\n".to_owned();
    text += "| --- | --- | --- | --- | --- | --- | --- |\n";
    for row in rows {
        let Row { what, peer, aim, .. } = row;
        text += &match &row.result {
            Ok(Measured { own, peer: others, ratio }) => {
                let met = if ratio <= aim { "met" } else { "missed" };
                format!("| {what} | {own} | {peer} | {others} | {} | ≤ {aim} | {met} |\n", short(*ratio))
            }
            Err(why) => format!("| {what} | | {peer} | | | ≤ {aim} | skipped: {why} |\n"),
        };
    }
    text
}

/// Three significant digits or so.
fn short(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

/// Nanoseconds for people.
pub fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
