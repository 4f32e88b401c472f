//! A place in CPUID's answers as people write it: a leaf, a subleaf, a register, bits of it.
//!
//! The spellings are those of the manuals (`CPUID.(EAX=04H,ECX=3):EAX[25:14]`, `CPUID.04H:EAX[25:14]`,
//! `CPUID.01H:ECX.X2APIC[bit 21]`, AMD's `Fn8000_001E_EBX[15:8]`) and of programs (`0x4.3:eax[25:14]`).

use std::fmt;
use std::str::FromStr;

use super::feature;
use super::{Key, Register};

/// A place in CPUID's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coordinate {
    /// The input in EAX.
    pub leaf: u32,
    /// The input in ECX, where it is named.
    pub subleaf: Option<u32>,
    /// The register; `None` for all four.
    pub register: Option<Register>,
    /// The highest and the lowest bit; `None` for the whole register.
    pub bits: Option<(u32, u32)>,
}

impl Coordinate {
    /// The entry, as tables have it.
    #[must_use]
    pub const fn key(&self) -> Key {
        Key { leaf: self.leaf, subleaf: self.subleaf }
    }

    /// The bits as a mask; all of them where none are named.
    #[must_use]
    pub fn mask(&self) -> u32 {
        self.bits.map_or(u32::MAX, |(high, low)| (u32::MAX >> (31 - (high - low))) << low)
    }
}

/// Written as the manuals do: `CPUID.(EAX=04H,ECX=3):EAX[25:14]`.
impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPUID.(EAX={:02X}H", self.leaf)?;
        if let Some(subleaf) = self.subleaf {
            write!(f, ",ECX={subleaf}")?;
        }
        f.write_str(")")?;
        let Some(register) = self.register else { return Ok(()) };
        write!(f, ":{register}")?;
        match self.bits {
            Some((high, low)) if high == low => write!(f, "[{low}]"),
            Some((high, low)) => write!(f, "[{high}:{low}]"),
            None => Ok(()),
        }
    }
}

/// Why a text is no coordinate: what would be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseCoordinateError {
    /// It does not begin as a coordinate does.
    Foreign,
    /// The leaf is no number of 32 bits.
    Leaf,
    /// The subleaf is no number of 32 bits.
    Subleaf,
    /// What stands for the register is none of the four.
    Register,
    /// The bits are not of the form `[25:14]` or `[21]`, or beyond 31, or the lower one comes first.
    Bits,
    /// The register has no flag of this name at the bit that is named, or at all.
    Flag,
    /// Something follows.
    Rest,
}

impl fmt::Display for ParseCoordinateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => {
                "a coordinate is written as in `CPUID.04H:EAX[25:14]`, `CPUID.(EAX=04H,ECX=3):EAX` or \
                 `Fn8000_001E_EBX[15:8]`"
            }
            Self::Leaf => "a leaf is a hexadecimal number of at most 32 bits: `04H`, `0x4`, `8000001EH`",
            Self::Subleaf => "a subleaf is a number of at most 32 bits: `ECX=3`, `ECX=0AH`, `.3`",
            Self::Register => "a register is EAX, EBX, ECX or EDX",
            Self::Bits => "bits are 31 to 0, the higher first: `[25:14]`, `[21]`, `[bit 21]`",
            Self::Flag => "no flag of that name stands there: `topoc features` lists their names",
            Self::Rest => "nothing follows the bits of a coordinate",
        })
    }
}

impl std::error::Error for ParseCoordinateError {}

/// Whether a text is meant to be a coordinate, though it may be none.
#[must_use]
pub fn looks_like_one(text: &str) -> bool {
    let text = text.trim().to_ascii_uppercase();
    let digits = |rest: &str| rest.starts_with(|c: char| c.is_ascii_hexdigit());
    text.starts_with("CPUID")
        || text.strip_prefix("FN").is_some_and(digits)
        || text.strip_prefix("0X").is_some_and(digits)
        || text.starts_with(|c: char| c.is_ascii_digit())
}

impl FromStr for Coordinate {
    type Err = ParseCoordinateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use ParseCoordinateError as E;
        let upper = text.trim().to_ascii_uppercase();
        if let Some(rest) = upper.strip_prefix("FN") {
            return of_amd(rest);
        }
        let named = upper.strip_prefix("CPUID");
        let rest = match named {
            Some(rest) => rest.trim_start_matches(['.', ':', ' ']),
            None => upper.as_str(),
        };
        if named.is_some_and(|_| rest.starts_with("FN")) {
            return of_amd(&rest[2..]);
        }
        let (leaf, subleaf, rest) = if let Some(inner) = rest.strip_prefix('(') {
            let (inner, rest) = inner.split_once(')').ok_or(E::Foreign)?;
            let (leaf, subleaf) = match inner.split_once(',') {
                Some((leaf, subleaf)) => (leaf, Some(subleaf)),
                None => (inner, None),
            };
            (
                hex(input(leaf, "EAX")?).ok_or(E::Leaf)?,
                subleaf.map(|text| number(input(text, "ECX")?).ok_or(E::Subleaf)).transpose()?,
                rest,
            )
        } else {
            let end = rest.find([':', '.', '[', ' ']).unwrap_or(rest.len());
            let (leaf, rest) = rest.split_at(end);
            if !leaf.starts_with(|c: char| c.is_ascii_hexdigit()) {
                return Err(E::Foreign);
            }
            let leaf = hex(leaf).ok_or(if named.is_some() { E::Leaf } else { E::Foreign })?;
            match rest.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                Some(after) => {
                    let end = after.find([':', '.', '[', ' ']).unwrap_or(after.len());
                    (leaf, Some(number(&after[..end]).ok_or(E::Subleaf)?), &after[end..])
                }
                None => (leaf, None, rest),
            }
        };
        let rest = rest.trim_start_matches([':', '.', ' ']);
        of_register(leaf, subleaf, rest)
    }
}

/// AMD's spelling behind `Fn`: `8000_001E_EBX[15:8]`, `0000_0007_EBX_x0[5]`.
fn of_amd(text: &str) -> Result<Coordinate, ParseCoordinateError> {
    let end = ["_E", "_X", "["].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let leaf = hex(&text[..end].replace('_', "")).ok_or(ParseCoordinateError::Leaf)?;
    let mut rest = text[end..].trim_start_matches('_').to_owned();
    let mut subleaf = None;
    if let Some((before, after)) =
        rest.split_once("_X").or_else(|| rest.strip_prefix('X').map(|rest| ("", rest)))
    {
        let end = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
        let index = u32::from_str_radix(&after[..end], 16).map_err(|_| ParseCoordinateError::Subleaf)?;
        subleaf = Some(index);
        rest = format!("{before}{}", after[end..].trim_start_matches('_'));
    }
    of_register(leaf, subleaf, &rest)
}

/// The register and its bits.
fn of_register(leaf: u32, subleaf: Option<u32>, text: &str) -> Result<Coordinate, ParseCoordinateError> {
    use ParseCoordinateError as E;
    let whole = Coordinate { leaf, subleaf, register: None, bits: None };
    if text.is_empty() {
        return Ok(whole);
    }
    let register = Register::ALL.into_iter().find(|register| text.starts_with(&register.to_string()));
    let register = register.ok_or(E::Register)?;
    let rest = text.get(3..).unwrap_or_default();
    let (flag, rest) = match rest.strip_prefix(['.', ':']) {
        Some(rest) => {
            let end = rest.find('[').unwrap_or(rest.len());
            (Some(rest[..end].trim()), &rest[end..])
        }
        None => (None, rest),
    };
    let rest = rest.trim();
    let written = match rest.strip_prefix('[') {
        Some(inner) => {
            let (inner, after) = inner.split_once(']').ok_or(E::Bits)?;
            if !after.trim().is_empty() {
                return Err(E::Rest);
            }
            Some(range(inner).ok_or(E::Bits)?)
        }
        None if rest.is_empty() => None,
        None if flag.is_some() => return Err(E::Rest),
        None => return Err(E::Register),
    };
    let bits = match flag {
        Some(name) => Some(flag_bits(leaf, subleaf, register, name, written).ok_or(E::Flag)?),
        None => written,
    };
    Ok(Coordinate { register: Some(register), bits, ..whole })
}

/// The bits of a flag by its name: a feature's, or the words of a field that topoc writes.
fn flag_bits(
    leaf: u32,
    subleaf: Option<u32>,
    register: Register,
    name: &str,
    written: Option<(u32, u32)>,
) -> Option<(u32, u32)> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let wanted = plain(name);
    let of_feature = feature::all().find(|feature| {
        let here = feature.leaf == leaf && feature.register == register;
        let subleaf_fits = subleaf.is_none() || feature.subleaf == subleaf;
        here && subleaf_fits
            && feature.aliases.iter().chain([&feature.name]).any(|known| plain(known) == wanted)
    });
    let of_field = || {
        super::field::ALL
            .iter()
            .find(|field| (field.leaf, field.register) == (leaf, register) && plain(field.name) == wanted)
    };
    let found = of_feature
        .map(|feature| (feature.bit, feature.bit))
        .or_else(|| of_field().map(|field| (field.high, field.low)))?;
    written.is_none_or(|written| written == found).then_some(found)
}

/// What stands behind `EAX=`.
fn input<'t>(text: &'t str, register: &str) -> Result<&'t str, ParseCoordinateError> {
    let value = text.trim().strip_prefix(register).and_then(|rest| rest.trim_start().strip_prefix('='));
    value.map(str::trim).ok_or(ParseCoordinateError::Foreign)
}

/// A leaf: hexadecimal with or without its mark.
fn hex(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0X").or_else(|| text.strip_suffix('H')).unwrap_or(text);
    let digits = digits.replace('_', "");
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok())?
}

/// A subleaf: decimal, or hexadecimal with its mark.
fn number(text: &str) -> Option<u32> {
    if text.starts_with("0X") || text.ends_with('H') {
        return hex(text);
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `25:14`, `21`, `BIT 21`, `BITS 25:14`.
fn range(text: &str) -> Option<(u32, u32)> {
    let text = text.trim();
    let text = text.strip_prefix("BITS").or_else(|| text.strip_prefix("BIT")).unwrap_or(text).trim();
    let bit = |text: &str| -> Option<u32> {
        let text = text.trim();
        let is_plain = !text.is_empty() && text.len() < 3 && text.bytes().all(|b| b.is_ascii_digit());
        is_plain.then(|| text.parse().ok())?.filter(|bit| *bit < u32::BITS)
    };
    let (high, low) = match text.split_once([':', '-']) {
        Some((high, low)) => (bit(high)?, bit(low)?),
        None => (bit(text)?, bit(text)?),
    };
    (high >= low).then_some((high, low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cpuid::field;

    fn parse(text: &str) -> Result<String, ParseCoordinateError> {
        text.parse::<Coordinate>().map(|coordinate| coordinate.to_string())
    }

    #[test]
    fn every_spelling_is_read() {
        for (text, meant) in [
            ("CPUID.04H:EAX[25:14]", "CPUID.(EAX=04H):EAX[25:14]"),
            ("CPUID.(EAX=04H,ECX=3):EAX[25:14]", "CPUID.(EAX=04H,ECX=3):EAX[25:14]"),
            ("CPUID.(EAX=04H, ECX=3H):EAX[25:14]", "CPUID.(EAX=04H,ECX=3):EAX[25:14]"),
            ("CPUID.(EAX=0x7,ECX=0x0):EBX[bit 5]", "CPUID.(EAX=07H,ECX=0):EBX[5]"),
            ("CPUID.(EAX=0DH,ECX=0AH):EAX", "CPUID.(EAX=0DH,ECX=10):EAX"),
            ("CPUID.04H.3:EAX[25:14]", "CPUID.(EAX=04H,ECX=3):EAX[25:14]"),
            ("CPUID.80000008H:ECX", "CPUID.(EAX=80000008H):ECX"),
            ("CPUID.01H:ECX.X2APIC[bit 21]", "CPUID.(EAX=01H):ECX[21]"),
            ("CPUID.01H:ECX.x2apic", "CPUID.(EAX=01H):ECX[21]"),
            ("CPUID.01H:EBX.INITIAL_APIC_ID", "CPUID.(EAX=01H):EBX[31:24]"),
            ("CPUID.(EAX=07H,ECX=0):EBX.AVX2", "CPUID.(EAX=07H,ECX=0):EBX[5]"),
            ("CPUID.0BH", "CPUID.(EAX=0BH)"),
            ("CPUID.0BH.1", "CPUID.(EAX=0BH,ECX=1)"),
            ("0BH", "CPUID.(EAX=0BH)"),
            ("Fn8000_001E_EBX[15:8]", "CPUID.(EAX=8000001EH):EBX[15:8]"),
            ("CPUID Fn8000_001E_EBX[15:8]", "CPUID.(EAX=8000001EH):EBX[15:8]"),
            ("Fn0000_0007_EBX_x0[5]", "CPUID.(EAX=07H,ECX=0):EBX[5]"),
            ("Fn8000_001D_EAX_x3", "CPUID.(EAX=8000001DH,ECX=3):EAX"),
            ("Fn8000_0005", "CPUID.(EAX=80000005H)"),
            ("0x4:eax[25:14]", "CPUID.(EAX=04H):EAX[25:14]"),
            ("0x8000001d.3:eax", "CPUID.(EAX=8000001DH,ECX=3):EAX"),
            ("cpuid.1:ecx[21]", "CPUID.(EAX=01H):ECX[21]"),
            (" cpuid.04h:eax[25:14] ", "CPUID.(EAX=04H):EAX[25:14]"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(meant), "{text}");
        }
    }

    #[test]
    fn what_is_none_says_what_would_be_one() {
        use ParseCoordinateError as E;
        for (text, error) in [
            ("", E::Foreign),
            ("cache::llc_spans_nodes", E::Foreign),
            ("cpus-repeat", E::Foreign),
            ("CPUID", E::Foreign),
            ("CPUID.(04H,3):EAX", E::Foreign),
            ("CPUID.(EAX=04H:EAX", E::Foreign),
            ("CPUID.(EAX=XH):EAX", E::Leaf),
            ("CPUID.123456789H:EAX", E::Leaf),
            ("Fn8000_001G_EBX", E::Leaf),
            ("CPUID.(EAX=04H,ECX=3X):EAX", E::Subleaf),
            ("CPUID.(EAX=04H,ECX=99999999999):EAX", E::Subleaf),
            ("CPUID.04H:EFX[3]", E::Register),
            ("CPUID.04H:EAX25", E::Register),
            ("CPUID.04H:EAX[32]", E::Bits),
            ("CPUID.04H:EAX[3:4]", E::Bits),
            ("CPUID.04H:EAX[]", E::Bits),
            ("CPUID.04H:EAX[+1]", E::Bits),
            ("CPUID.04H:EAX[3", E::Bits),
            ("CPUID.01H:ECX.X2APIC[bit 22]", E::Flag),
            ("CPUID.01H:ECX.NOTHING", E::Flag),
            ("CPUID.04H:EAX[3]x", E::Rest),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    /// What a rule's or a finding's name may be is no coordinate.
    #[test]
    fn names_do_not_look_like_coordinates() {
        for name in
            ["cache", "cache::llc_spans_nodes", "node-id", "apic", "features", "features::unknown", "fit"]
        {
            assert!(!looks_like_one(name), "{name}");
        }
        for text in ["CPUID.04H", "cpuid.x", "Fn8000_001E", "0x4", "0BH", "8000001EH:EBX"] {
            assert!(looks_like_one(text), "{text}");
        }
    }

    #[test]
    fn what_fields_and_features_print_is_read_back() {
        for field in field::ALL {
            for subleaf in [None, Some(0), Some(3), Some(63)] {
                let text = field.at(subleaf).to_string();
                let meant = Coordinate {
                    leaf: field.leaf,
                    subleaf,
                    register: Some(field.register),
                    bits: Some((field.high, field.low)),
                };
                assert_eq!(text.parse(), Ok(meant));
                assert_eq!(meant.to_string(), text);
                assert_eq!(meant.mask(), field.mask());
            }
        }
        for feature in feature::all() {
            let coordinate: Coordinate = feature.to_string().parse().unwrap();
            assert_eq!((coordinate.key(), coordinate.mask()), (feature.key(), feature.mask()));
        }
    }

    proptest! {
        #[test]
        fn any_coordinate_is_read_back(
            leaf: u32,
            subleaf: Option<u32>,
            register in prop::option::of(0_usize..4),
            bits in prop::option::of((0_u32..32, 0_u32..32)),
        ) {
            let register = register.map(|at| Register::ALL[at]);
            let bits = bits.filter(|_| register.is_some()).map(|(a, b)| (a.max(b), a.min(b)));
            let coordinate = Coordinate { leaf, subleaf, register, bits };
            prop_assert_eq!(coordinate.to_string().parse(), Ok(coordinate));
            prop_assert_eq!(coordinate.to_string().to_lowercase().parse(), Ok(coordinate));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}", tail in "[(),.:xX_=EABCDFHNn0-9\\[\\] ]{0,24}") {
            let _ = text.parse::<Coordinate>();
            for head in ["", "CPUID", "CPUID.", "Fn", "CPUID.(EAX=04H", "CPUID.04H:EAX"] {
                let text = format!("{head}{tail}");
                let _ = (text.parse::<Coordinate>(), looks_like_one(&text));
            }
        }
    }
}
