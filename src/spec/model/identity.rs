//! What the CPU says of itself: its family, its name, how far it addresses, how fast it counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cpu;
use crate::cpuid::{Processor, Signature};
use crate::spec::Frequency;
use crate::yaml;

/// What the CPU says of itself. What is left out is the host's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The family as Linux prints it, extended part added: 6, 25 or 0x19. With `model`; decides which leaves AMD has.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 270))]
    pub family: Option<u32>,
    /// The model as Linux prints it, extended part included: 143 or 0x8f. With `family`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 255))]
    pub model: Option<u32>,
    /// The stepping. Left out: the host's, or 0 where family or model are not.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 15))]
    pub stepping: Option<u32>,
    /// The brand string: up to 47 characters of ASCII. Left out: empty, as KVM has it; never the host's.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 47))]
    pub brand: Option<String>,
    /// Bits of a physical address, at most the host's: 32 to 52.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 32, max = 52))]
    pub physical_address_bits: Option<u32>,
}

impl Cpu {
    /// The host's processor as the guest is to see it.
    #[must_use]
    pub fn seen(&self, host: Processor) -> Processor {
        let signature = self.identity.as_ref().and_then(|identity| identity.signature(host.signature));
        signature.map_or(host, |signature| host.seen_as(signature))
    }
}

impl Identity {
    /// Family, model and stepping as written; what is left out is the host's. `None` where nothing of it is written,
    /// or what is cannot be encoded.
    #[must_use]
    pub fn signature(&self, host: Option<Signature>) -> Option<Signature> {
        if (self.family, self.model, self.stepping) == (None, None, None) {
            return None;
        }
        let family = self.family.or(host.map(Signature::family))?;
        let model = self.model.or(host.map(Signature::model))?;
        let is_hosts = |host: &Signature| (host.family(), host.model()) == (family, model);
        let stepping = self.stepping.or(host.filter(is_hosts).map(Signature::stepping)).unwrap_or(0);
        Signature::of(family, model, stepping)
    }
}

/// How fast the CPU's clocks run: leaves 15H and 16H. What is left out is not told, as KVM has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clock {
    /// The rate of the time-stamp counter: `2500MHz`. The VMM must run it so (`KVM_SET_TSC_KHZ`).
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub tsc: Option<Frequency>,
    /// The rate of the crystal, from which guests take that of the APIC timer. Left out: `vmm.apic_bus`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub crystal: Option<Frequency>,
    /// The base frequency, in whole MHz.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub base: Option<Frequency>,
    /// The highest frequency, in whole MHz. With `base`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub max: Option<Frequency>,
    /// The frequency of the bus, in whole MHz. With `base`.
    #[serde(deserialize_with = "yaml::value", skip_serializing_if = "Option::is_none")]
    pub bus: Option<Frequency>,
}

/// KVM's local APIC counts at this rate, unless told otherwise. Source: Linux
/// `Documentation/virt/kvm/api.rst`, KVM_CAP_X86_APIC_BUS_CYCLES_NS.
const APIC_BUS: Frequency = Frequency(1_000_000_000);

/// The time-stamp counter against the crystal: `crystal * numerator / denominator` is its rate in Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TscRatio {
    /// Of the ratio.
    pub denominator: u64,
    /// Of the ratio.
    pub numerator: u64,
    /// The crystal's rate in Hz.
    pub crystal: u64,
}

impl Clock {
    /// The rate of the crystal: as written, else that of the local APIC's timer.
    #[must_use]
    pub fn crystal(&self, apic_bus: Option<Frequency>) -> Frequency {
        self.crystal.or(apic_bus).unwrap_or(APIC_BUS)
    }

    /// The rate of the counter as leaf 15H says it, in lowest terms; `None` if it is left out, or either is 0.
    #[must_use]
    pub fn ratio(&self, apic_bus: Option<Frequency>) -> Option<TscRatio> {
        let (tsc, crystal) = (self.tsc?.0, self.crystal(apic_bus).0);
        let (mut divisor, mut rest) = (tsc, crystal);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        let is_told = tsc != 0 && crystal != 0;
        is_told.then(|| TscRatio { denominator: crystal / divisor, numerator: tsc / divisor, crystal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_exact_and_in_lowest_terms() {
        let ratio = |tsc, crystal: Option<u64>, bus: Option<u64>| {
            let clock =
                Clock { tsc: Some(Frequency(tsc)), crystal: crystal.map(Frequency), ..Clock::default() };
            clock.ratio(bus.map(Frequency)).map(|r| (r.denominator, r.numerator, r.crystal))
        };
        // Sapphire Rapids counts at 2592 MHz by a crystal of 24 MHz: 216 / 2.
        assert_eq!(ratio(2_592_000_000, Some(24_000_000), None), Some((1, 108, 24_000_000)));
        assert_eq!(ratio(2_500_000_000, None, None), Some((2, 5, 1_000_000_000)));
        assert_eq!(ratio(2_500_000_000, None, Some(25_000_000)), Some((1, 100, 25_000_000)));
        assert_eq!(ratio(2_500_000_000, Some(7), None), Some((7, 2_500_000_000, 7)));
        assert_eq!(ratio(0, Some(7), None), None);
        assert_eq!(ratio(7, Some(0), None), None);
        assert_eq!(ratio(u64::MAX, Some(u64::MAX), None), Some((1, 1, u64::MAX)));
    }

    #[test]
    fn what_is_left_out_of_a_signature_is_the_hosts() {
        let genoa = Some(Signature(0x00a1_0f11));
        let written = |family, model, stepping| Identity { family, model, stepping, ..Identity::default() };
        assert_eq!(written(None, None, None).signature(genoa), None);
        assert_eq!(written(None, None, Some(2)).signature(genoa), Some(Signature(0x00a1_0f12)));
        assert_eq!(written(Some(0x19), Some(0x11), None).signature(genoa), genoa);
        assert_eq!(written(Some(0x17), Some(0x31), None).signature(genoa), Some(Signature(0x0083_0f10)));
        assert_eq!(written(Some(0x17), Some(0x31), None).signature(None), Some(Signature(0x0083_0f10)));
        assert_eq!(written(Some(0x17), None, None).signature(None), None);
    }
}
