//! Values that are of use at the paths of a spec, so that random specs get past the first rules.

use std::sync::LazyLock;

use serde_json::{Value, json};
use topoc::cpuid::feature;

/// By the end of the path, the longer ends first: the schema tells the type of a value, not which ones are likely.
static VALUES: LazyLock<Vec<(&str, Vec<Value>)>> = LazyLock::new(|| {
    let names = feature::all().flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()));
    let features: Vec<Value> = names.chain(["x2apic_", "AVX-512"]).map(Value::from).collect();
    let list = |value: Value| value.as_array().unwrap().clone();
    let counts = list(json!([1, 2, 1, 2, 3, 1, 4]));
    let bits = list(json!([0, 1, 2, 3, 4, 6]));
    let sizes = list(json!(["1GiB", "64GiB", "1MiB", "4TiB", "256TiB", "8PiB", "3MiB", "0B"]));
    let mut values = vec![
        ("version", list(json!([1]))),
        ("cpu.require[]", features.clone()),
        ("cpu.disable[]", features),
        ("identity.family", list(json!([6, 25, 15, 23, 26, 24, 16, 21, 5, 4, 7, 18, 19, 20, 270, 271]))),
        ("identity.model", list(json!([143, 1, 0, 17, 49, 85, 106, 173, 207, 255, 256, 15, 16]))),
        ("identity.stepping", list(json!([0, 1, 15, 16]))),
        (
            "identity.brand",
            list(json!(["", "A CPU", "Forty-seven characters are as many as there can be", "\u{fc}"])),
        ),
        ("identity.physical_address_bits", list(json!([46, 48, 52, 32, 36, 39, 40, 45, 53, 57, 31]))),
        ("guest.kernel", list(json!(["6.12", "2.6.32", "3.10", "4.19", "5.15", "6.6", "6.8", "6.9", "7.0"]))),
        (".size", list(json!(["32KiB", "48KiB", "512KiB", "1MiB", "2MiB", "30MiB", "32MiB", "1KiB", "0B"]))),
        (".ways", list(json!([8, 12, 16, 20, 15, 11, 4, 1, 0]))),
        (".line", list(json!([64, 64, 64, 32, 128]))),
        (".partitions", list(json!([1, 1, 2]))),
        ("distances.same_socket", list(json!([11, 12, 10, 20]))),
        ("distances.remote", list(json!([20, 21, 32, 255, 10]))),
        ("distances[][]", list(json!([10, 20, 21, 12]))),
        ("nodes[].sockets[]", list(json!([0, 1, 2]))),
        ("nodes[].dies[]", list(json!(["0/0", "0/1", "1/0", "1/1"]))),
        ("nodes[].complexes[]", list(json!(["0/0/0", "0/0/1", "0/1/0", "1/0/0", "1/0/1"]))),
        ("nodes[].host_node", list(json!([0, 1, 2]))),
        (
            "places[]",
            list(json!(["0/0/0", "0/0/1", "0/1/0", "0/1/1", "1/0/0", "1/1/0", "0/0/0/0", "0/0/1/0"])),
        ),
        (".present", list(json!(["0-1", "0", "0-3", "0,2", "1-3", "0-7"]))),
        ("cpus", list(json!(["0-1", "0", 1, "2-3", "0-3", "4-7", "0-7", "0-63", "8-15:2"]))),
    ];
    let clock = list(json!([
        "2500MHz",
        "24MHz",
        "25MHz",
        "1GHz",
        "100MHz",
        "38400kHz",
        "1Hz",
        "0Hz",
        "4294967296Hz"
    ]));
    values.extend(
        ["cpu.clock.tsc", "clock.crystal", "clock.base", "clock.max", "clock.bus"]
            .map(|path| (path, clock.clone())),
    );
    values.push(("vmm.apic_bus", clock));
    values.push(("memory", sizes));
    let id_bits = ["id_bits.thread", "id_bits.core", "id_bits.module", "id_bits.tile", "id_bits.complex"];
    values.extend(
        id_bits.into_iter().chain(["id_bits.die", "id_bits.die_group"]).map(|path| (path, bits.clone())),
    );
    values.extend(
        [".sockets", ".die_groups", ".dies", ".complexes", ".tiles", ".modules", ".cores", ".threads"]
            .map(|path| (path, counts.clone())),
    );
    values
});

/// What is of use at a path; nothing where the schema says enough.
pub fn values(path: &str) -> &'static [Value] {
    VALUES.iter().find(|(end, _)| path.ends_with(end)).map_or(&[], |(_, values)| values)
}
