//! The four registers that one execution of CPUID fills.

use std::fmt;
use std::str::FromStr;

/// One of the output registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Register {
    /// EAX.
    Eax,
    /// EBX.
    Ebx,
    /// ECX.
    Ecx,
    /// EDX.
    Edx,
}

impl Register {
    /// All four, in the order in which the manuals list them.
    pub const ALL: [Self; 4] = [Self::Eax, Self::Ebx, Self::Ecx, Self::Edx];
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eax => "EAX",
            Self::Ebx => "EBX",
            Self::Ecx => "ECX",
            Self::Edx => "EDX",
        })
    }
}

/// What CPUID answers for one leaf and subleaf.
///
/// Written as four eight-digit hexadecimal words in the order EAX EBX ECX EDX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Registers {
    /// EAX.
    pub eax: u32,
    /// EBX.
    pub ebx: u32,
    /// ECX.
    pub ecx: u32,
    /// EDX.
    pub edx: u32,
}

impl Registers {
    /// All four registers zero.
    pub const ZERO: Self = Self::new(0, 0, 0, 0);

    /// The four words in the manuals' order.
    #[must_use]
    pub const fn new(eax: u32, ebx: u32, ecx: u32, edx: u32) -> Self {
        Self { eax, ebx, ecx, edx }
    }

    /// The word in `register`.
    #[must_use]
    pub const fn get(&self, register: Register) -> u32 {
        match register {
            Register::Eax => self.eax,
            Register::Ebx => self.ebx,
            Register::Ecx => self.ecx,
            Register::Edx => self.edx,
        }
    }

    /// The word in `register`, to be changed.
    pub const fn get_mut(&mut self, register: Register) -> &mut u32 {
        match register {
            Register::Eax => &mut self.eax,
            Register::Ebx => &mut self.ebx,
            Register::Ecx => &mut self.ecx,
            Register::Edx => &mut self.edx,
        }
    }

    /// The words as an array: EAX, EBX, ECX, EDX.
    #[must_use]
    pub const fn words(&self) -> [u32; 4] {
        [self.eax, self.ebx, self.ecx, self.edx]
    }

    /// Whether every word is zero.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.eax | self.ebx | self.ecx | self.edx == 0
    }
}

impl From<[u32; 4]> for Registers {
    fn from([eax, ebx, ecx, edx]: [u32; 4]) -> Self {
        Self::new(eax, ebx, ecx, edx)
    }
}

impl fmt::Display for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x} {:08x} {:08x} {:08x}", self.eax, self.ebx, self.ecx, self.edx)
    }
}

/// The text is not four hexadecimal words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseRegistersError;

impl fmt::Display for ParseRegistersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected four eight-digit hexadecimal words, EAX EBX ECX EDX")
    }
}

impl std::error::Error for ParseRegistersError {}

impl FromStr for Registers {
    type Err = ParseRegistersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = [0; 4];
        let mut parts = text.split(' ');
        for word in &mut words {
            let part = parts.next().ok_or(ParseRegistersError)?;
            if part.len() != 8 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(ParseRegistersError);
            }
            *word = u32::from_str_radix(part, 16).map_err(|_| ParseRegistersError)?;
        }
        if parts.next().is_some() {
            return Err(ParseRegistersError);
        }
        Ok(words.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_four_zeros() {
        assert!(Registers::ZERO.is_zero());
        for words in
            [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
        {
            assert!(!Registers::from(words).is_zero(), "{words:?}");
        }
    }

    #[test]
    fn text_round_trips_and_odd_forms_are_refused() {
        let registers = Registers::new(0x1c00_4121, 0x02c0_003f, 0x3f, 0);
        assert_eq!(registers.to_string(), "1c004121 02c0003f 0000003f 00000000");
        assert_eq!(registers.to_string().parse(), Ok(registers));
        for odd in [
            "",
            "1 2 3 4",
            "+c004121 02c0003f 0000003f 00000000",
            "1c004121 02c0003f 0000003f",
            "1c004121 02c0003f 0000003f 00000000 00000000",
        ] {
            assert!(odd.parse::<Registers>().is_err(), "{odd}");
        }
    }
}
