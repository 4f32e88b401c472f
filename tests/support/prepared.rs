//! A machine with all that lowering asks for, for tests that stop at a stage.

use topoc::cpuid::Processor;
use topoc::lower::Machine;
use topoc::spec::{Irqchip, Spec};
use topoc::topology::{Caches, Numbered, Topology};
use topoc::{HostProfile, cpuid::CpuidTable, profile::base_table};

/// What a [`Machine`] borrows, and the table that lowering starts from.
pub struct Prepared {
    topology: Topology,
    numbered: Numbered,
    caches: Caches,
    processor: Processor,
    pub base: CpuidTable,
}

impl Prepared {
    pub fn new(spec: &Spec, host: &HostProfile) -> Self {
        let topology = Topology::resolve(spec).unwrap();
        let processor = host.processor().unwrap();
        let numbered = Numbered::number(&topology, Some(processor));
        let caches = Caches::resolve(spec, &topology, &numbered, Some(processor), &host.caches());
        Self { topology, numbered, caches, processor, base: base_table(host).unwrap().table }
    }

    pub fn machine(&self) -> Machine<'_> {
        Machine {
            topology: &self.topology,
            numbered: &self.numbered,
            caches: &self.caches.list,
            processor: self.processor,
            irqchip: Irqchip::Kernel,
            msi_ext_dest_id: false,
        }
    }
}
