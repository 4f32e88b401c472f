//! A machine with all that lowering asks for, for tests that stop at a stage.

use topoc::cpuid::Processor;
use topoc::lower::{Hypervisor, Identity, Machine};
use topoc::spec::{Irqchip, Spec};
use topoc::topology::{Caches, NativeModels, Numbered, Topology};
use topoc::{HostProfile, cpuid::CpuidTable, profile::base_table};

/// What a [`Machine`] borrows, and the table that lowering starts from.
pub struct Prepared {
    topology: Topology,
    numbered: Numbered,
    caches: Caches,
    processor: Processor,
    spec: Spec,
    native_models: NativeModels,
    pub base: CpuidTable,
}

impl Prepared {
    pub fn new(spec: &Spec, host: &HostProfile) -> Self {
        let topology = Topology::resolve(spec).unwrap();
        let processor = host.processor().unwrap();
        let processor = spec.cpu.as_ref().map_or(processor, |cpu| cpu.seen(processor));
        let numbered = Numbered::number(&topology, Some(processor));
        let caches = Caches::resolve(spec, &topology, &numbered, Some(processor), &host.caches());
        let base = base_table(host).unwrap().table;
        let native_models = host.native_models();
        Self { topology, numbered, caches, processor, native_models, spec: spec.clone(), base }
    }

    pub fn machine(&self) -> Machine<'_> {
        Machine {
            topology: &self.topology,
            numbered: &self.numbered,
            caches: &self.caches,
            processor: self.processor,
            native_models: self.native_models,
            irqchip: Irqchip::Kernel,
            identity: Identity::of(&self.spec, &self.base),
            hypervisor: Hypervisor::of(&self.spec, &self.base),
        }
    }
}
