//! What a plain scalar is: YAML 1.2's core schema as serde_yaml has it, and what other readers make of it.

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// Below zero.
    Negative(i64),
    Float(f64),
    Text,
    /// A whole number above u64 or below i64; in a tree also what stands for an alias that leads
    /// nowhere. It is reported where it is met.
    Unreadable,
}

/// What a plain scalar of this text is.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        _ => {}
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return whole(negative, u128::from_str_radix(digits, radix).ok());
        }
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        // A leading zero makes text of it (YAML 1.2), since YAML 1.1 had it octal.
        let leading_zero = digits.len() > 1 && digits.starts_with('0');
        return if leading_zero { Scalar::Text } else { whole(negative, digits.parse().ok()) };
    }
    // A sign after `+` is no number; Rust's parser would take it.
    let float =
        text.strip_prefix('+').map_or(Some(text), |rest| (!rest.starts_with(['+', '-'])).then_some(rest));
    match float.and_then(|float| float.parse::<f64>().ok()) {
        Some(float) if float.is_finite() => Scalar::Float(float),
        _ => Scalar::Text,
    }
}

/// A whole number by sign and magnitude.
fn whole(negative: bool, magnitude: Option<u128>) -> Scalar {
    let Some(magnitude) = magnitude else { return Scalar::Unreadable };
    match (negative, u64::try_from(magnitude)) {
        (_, Ok(0)) => Scalar::Unsigned(0),
        (false, Ok(number)) => Scalar::Unsigned(number),
        (true, Ok(number)) => 0i64.checked_sub_unsigned(number).map_or(Scalar::Unreadable, Scalar::Negative),
        (_, Err(_)) => Scalar::Unreadable,
    }
}

/// A plain scalar that other readers of YAML take for something else: PyYAML has YAML 1.1's octals,
/// binaries, sexagesimals, underscores and yes/no words; editors lack signed hexadecimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// `yes`, `no`, `on`, `off`: a truth value elsewhere.
    Truth(bool),
    /// `010`, `1_000`: text here, this number elsewhere. For an octal both readings.
    Number(String),
    /// `1:30`: text here, a number in base 60 elsewhere.
    Sexagesimal,
    /// `0b101`, `-0x10`, `0o17`: this number here, text elsewhere.
    Text(String),
}

/// What other readers take a plain scalar for, where it is not what it is here.
pub(super) fn foreign(text: &str) -> Option<Foreign> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" => return Some(Foreign::Truth(true)),
        "no" | "off" => return Some(Foreign::Truth(false)),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let signed = digits.len() < text.len();
    let first = digits.bytes().next().filter(u8::is_ascii_digit)?;
    let here = || match resolve(text) {
        Scalar::Unsigned(number) => Some(Foreign::Text(number.to_string())),
        Scalar::Negative(number) => Some(Foreign::Text(number.to_string())),
        _ => None,
    };
    if digits.starts_with("0b") || digits.starts_with("0o") || (signed && digits.starts_with("0x")) {
        return here();
    }
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        let number = digits.replace('_', "");
        let number = number.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        let odd = digits.contains('_') || (first == b'0' && digits.len() > 1);
        return odd.then(|| Foreign::Number(number.to_owned()));
    }
    let mut parts = digits.split(':');
    let whole = parts.next().is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let sixties = |part: &str| matches!(part.len(), 1 | 2) && part.parse::<u8>().is_ok_and(|part| part < 60);
    (whole && digits.contains(':') && parts.all(sixties)).then_some(Foreign::Sexagesimal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// serde_yaml's reading of a plain scalar.
    fn theirs(text: &str) -> Scalar {
        match serde_yaml::from_str::<serde_yaml::Value>(text) {
            Ok(serde_yaml::Value::Null) => Scalar::Null,
            Ok(serde_yaml::Value::Bool(bool)) => Scalar::Bool(bool),
            Ok(serde_yaml::Value::Number(number)) => {
                match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(number), _, _) => Scalar::Unsigned(number),
                    (_, Some(number), _) => Scalar::Negative(number),
                    (_, _, Some(number)) => Scalar::Float(number),
                    _ => Scalar::Text,
                }
            }
            Ok(serde_yaml::Value::String(read)) if read == text => Scalar::Text,
            Ok(other) => panic!("{text:?} is {other:?}"),
            Err(_) => Scalar::Unreadable,
        }
    }

    fn alike(ours: Scalar, theirs: Scalar) -> bool {
        match (ours, theirs) {
            (Scalar::Float(ours), Scalar::Float(theirs)) => {
                ours == theirs || (ours.is_nan() && theirs.is_nan())
            }
            // Above u128, serde_yaml falls back to a float or to text; we refuse all alike.
            (Scalar::Unreadable, Scalar::Float(_) | Scalar::Text) => true,
            _ => ours == theirs,
        }
    }

    #[test]
    fn known_scalars_are_as_serde_yaml_has_them() {
        for text in [
            "~",
            "null",
            "Null",
            "nULL",
            "true",
            "True",
            "tRUE",
            "yes",
            "on",
            "off",
            "0",
            "-0",
            "+0",
            "+5",
            "-5",
            "010",
            "-010",
            "00",
            "0x1F",
            "0X1F",
            "-0x10",
            "+0x10",
            "0b101",
            "-0b1",
            "0o17",
            "0o",
            "0x",
            "1_000",
            "1e3",
            "1.5",
            "-1.5",
            "+1.5",
            "1.",
            ".5",
            ".inf",
            "-.inf",
            "+.INF",
            ".nan",
            "inf",
            "nan",
            "1:30",
            "+-5",
            "-+5",
            "--5",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "340282366920938463463374607431768211456",
            "0xffffffffffffffff",
            "0x10000000000000000",
            "1e400",
            "0_1",
            "0x_1",
            "2001-01-01",
            "=",
            "<<",
        ] {
            assert!(alike(resolve(text), theirs(text)), "{text}: {:?} and {:?}", resolve(text), theirs(text));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn scalars_are_as_serde_yaml_has_them(text in "[-+]{0,2}(0[xobXOB])?[0-9a-fA-F._e+~n-]{1,24}") {
            // What begins like a block list is none of a scalar's business.
            prop_assume!(!text.starts_with("---") && !text.starts_with("...") && text != "-");
            prop_assert!(alike(resolve(&text), theirs(&text)), "{:?} and {:?}", resolve(&text), theirs(&text));
        }
    }

    #[test]
    fn what_others_read_differently_is_known() {
        for (text, reading) in [
            ("yes", Some(Foreign::Truth(true))),
            ("Off", Some(Foreign::Truth(false))),
            ("010", Some(Foreign::Number("10".to_owned()))),
            ("1_000", Some(Foreign::Number("1000".to_owned()))),
            ("1:30", Some(Foreign::Sexagesimal)),
            ("0b101", Some(Foreign::Text("5".to_owned()))),
            ("-0x10", Some(Foreign::Text("-16".to_owned()))),
            ("+0x10", Some(Foreign::Text("16".to_owned()))),
            ("0o17", Some(Foreign::Text("15".to_owned()))),
            ("0x1F", None),
            ("0", None),
            ("100", None),
            ("-5", None),
            ("0-31:2", None),
            ("0/1", None),
            ("host", None),
            ("1:99", None),
        ] {
            assert_eq!(foreign(text), reading, "{text}");
        }
    }
}
