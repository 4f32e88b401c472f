//! The machines that are measured, as specs and as prepared for lowering.

use std::fs;
use std::path::Path;

use topoc::compile::{Compiled, Origin, compile_from};
use topoc::cpuid::{CpuidTable, Processor};
use topoc::emit::Template;
use topoc::lower::{Hypervisor, Identity, Lowered, Machine, prepare};
use topoc::profile::base_table;
use topoc::spec::{self, Irqchip};
use topoc::topology::{Caches, Numbered, Topology, VcpuIndex};
use topoc::{HostProfile, Spec};

/// How large a machine is: sockets of 32 cores of 2 threads, one NUMA node each.
#[derive(Clone, Copy)]
pub struct Shape {
    sockets: u32,
}

impl Shape {
    /// 64 vCPUs.
    pub const SMALL: Self = Self { sockets: 1 };
    /// 1,024 vCPUs, which is as many as KVM takes unless it is built for more.
    pub const MIDDLE: Self = Self { sockets: 16 };
    /// 4,096 vCPUs, which is as many as KVM can be built for.
    pub const LARGE: Self = Self { sockets: 64 };

    /// The spec's text.
    pub fn text(self) -> String {
        let sockets = self.sockets;
        format!(
            "version: 1
topology: {{ sockets: {sockets}, cores: 32, threads: 2 }}
numa: {{ per: socket, memory: 1GiB }}
cpu: {{ hypervisor: {{ msi_ext_dest_id: true }} }}
vmm: {{ x2apic_at_boot: true }}
host: {{ fidelity: none }}
"
        )
    }
}

/// The text of a shipped host profile.
pub fn host_text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/hosts/{name}.json"));
    fs::read_to_string(&path).unwrap()
}

/// A machine with all that does not depend on a single vCPU.
pub struct Prepared {
    pub text: String,
    pub spec: Spec,
    pub host_text: String,
    pub host: HostProfile,
    topology: Topology,
    numbered: Numbered,
    caches: Caches,
    processor: Processor,
    base: CpuidTable,
}

impl Prepared {
    pub fn new(host_name: &str, shape: Shape) -> Self {
        Self::of(host_name, shape.text())
    }

    /// From the text of any spec.
    pub fn of(host_name: &str, text: String) -> Self {
        let (spec, _, _) = spec::parse(text.as_bytes()).unwrap().into_parts();
        let host_text = host_text(host_name);
        let host = HostProfile::from_slice(host_text.as_bytes()).unwrap();
        let processor = host.processor().unwrap();
        let topology = Topology::resolve(&spec).unwrap();
        let numbered = Numbered::number(&topology, Some(processor));
        let caches = Caches::resolve(&spec, &topology, &numbered, Some(processor), &host.caches());
        let base = base_table(&host).unwrap().table;
        Self { text, spec, host_text, host, topology, numbered, caches, processor, base }
    }

    pub fn machine(&self) -> Machine<'_> {
        Machine {
            topology: &self.topology,
            numbered: &self.numbered,
            caches: &self.caches,
            processor: self.processor,
            irqchip: Irqchip::Kernel,
            identity: Identity::of(&self.spec, &self.base),
            native_models: self.host.native_models(),
            hypervisor: Hypervisor::of(&self.spec, &self.base),
        }
    }

    /// What makes each vCPU's blob, as `compile` has it.
    pub fn maker<'m>(&self, machine: &Machine<'m>) -> Maker<'m> {
        let lowered = prepare(machine, &self.base).unwrap();
        let template = Template::new(lowered.shared(), lowered.own_fields()).unwrap();
        Maker { lowered, template }
    }

    /// The whole library's way, from the text on.
    pub fn compile(&self) -> Compiled {
        let parsed = spec::parse(self.text.as_bytes()).unwrap();
        let origin =
            Origin { text: Some(self.text.as_bytes()), spans: Some(parsed.spans()), ..Origin::default() };
        compile_from(parsed.spec(), origin, &self.host).unwrap()
    }

    pub fn count(&self) -> usize {
        self.topology.places().len()
    }
}

/// What all vCPUs share, ready to make one vCPU's blob.
pub struct Maker<'m> {
    lowered: Lowered<'m>,
    template: Template,
}

impl Maker<'_> {
    pub fn blob(&self, vcpu: VcpuIndex) -> Vec<u8> {
        self.template.blob(self.lowered.own_values(vcpu))
    }
}
