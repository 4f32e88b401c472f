//! What a spec says of caches.

use serde_yaml::Value;

use super::known;
use super::level::{CoreType, Level};

/// A cache by level and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    L1d,
    L1i,
    L2,
    L3,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::L1d, Self::L1i, Self::L2, Self::L3];

    const fn key(self) -> &'static str {
        match self {
            Self::L1d => "l1d",
            Self::L1i => "l1i",
            Self::L2 => "l2",
            Self::L3 => "l3",
        }
    }
}

/// What is written of a cache; what is left out is the host's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// There is no such cache.
    pub is_removed: bool,
    /// Bytes of an instance.
    pub size: Option<u64>,
    /// What shares one.
    pub shared_by: Option<Level>,
}

/// What `caches` says of one, on cores of a type.
pub fn of(caches: Option<&Value>, kind: Kind, core_type: Option<CoreType>) -> Written {
    let Some(caches) = caches else { return Written::default() };
    let keys = Kind::ALL.map(Kind::key);
    known(caches, &[&keys[..], &["performance", "efficiency"]].concat());
    let block = core_type.and_then(|core_type| caches.get(core_type.key()));
    // A type's own block wins key by key, but where it has a mode there is nothing to inherit.
    let own = block.and_then(|block| {
        known(block, &keys);
        block.get(kind.key())
    });
    let common = caches.get(kind.key()).filter(|_| own.is_none_or(|own| own.get("mode").is_none()));
    let get = |key: &str| [own, common].into_iter().flatten().find_map(|cache| cache.get(key));
    for cache in [own, common].into_iter().flatten() {
        let properties = ["inclusive", "wbinvd_reaches_sharers", "complex_indexing"];
        known(
            cache,
            &[&["mode", "size", "ways", "line", "partitions", "shared_by"][..], &properties].concat(),
        );
    }
    match get("mode").map(|mode| mode.as_str().unwrap()) {
        Some("none") => Written { is_removed: true, ..Written::default() },
        Some("host") => Written::default(),
        Some(other) => panic!("no mode {other:?}"),
        None => Written {
            is_removed: false,
            size: get("size").map(|size| bytes(size.as_str().unwrap())),
            shared_by: get("shared_by").map(|level| Level::of(level.as_str().unwrap())),
        },
    }
}

/// `16MiB`, in bytes.
fn bytes(text: &str) -> u64 {
    let (number, shift) = match text.split_at(text.len() - 3) {
        (number, "KiB") => (number, 10),
        (number, "MiB") => (number, 20),
        _ => panic!("{text:?}"),
    };
    number.parse::<u64>().unwrap() << shift
}
