//! What makes two hosts the same host to every rule.

use crate::profile::{HostProfile, Origin};

/// A profile without what says where it comes from: its origin (kind, note, date, host name) and the words on what
/// capture could not read, whose effect is that the parts are absent.
///
/// The rest stays, the kernel's version too: a rule may look at any of it. Specs are held against this and not
/// against one host's own profile, so that nothing outside of the fingerprint can bear on an answer.
#[must_use]
pub fn essence(profile: HostProfile) -> HostProfile {
    HostProfile { origin: Origin::default(), unread: Vec::new(), ..profile }
}

/// The SHA-256 of a host's [`essence`] in canonical form, in hexadecimal: equal for hosts that no rule tells apart.
#[must_use]
pub fn fingerprint(essence: &HostProfile) -> String {
    essence.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::OriginKind;

    const HOST: &[u8] = include_bytes!("../../examples/hosts/live-amd-genoa-2cpu.json");

    #[test]
    fn where_a_profile_comes_from_is_no_part_and_all_else_is() {
        let profile = HostProfile::from_slice(HOST).unwrap();
        let of = |profile: &HostProfile| fingerprint(&essence(profile.clone()));
        let print = of(&profile);
        let origin = Origin {
            kind: OriginKind::Imported,
            note: Some("rack 7".to_owned()),
            date: Some("2020-02-02".to_owned()),
            host_name: Some("a7".to_owned()),
        };
        let elsewhere = HostProfile { origin, unread: vec!["numa".to_owned()], ..profile.clone() };
        assert_eq!(of(&elsewhere), print);
        for other in [
            HostProfile { kernel: Some("5.4".to_owned()), ..profile.clone() },
            HostProfile { kvm: None, ..profile.clone() },
            HostProfile { cpus: None, ..profile.clone() },
            HostProfile { numa: None, ..profile.clone() },
        ] {
            assert_ne!(other, profile, "nothing was changed");
            assert_ne!(of(&other), print);
        }
    }
}
