//! The host profiles of a run: that of the command line, else those that policies name.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::cli::console::Console;
use crate::cli::inputs::{self, Host, HostArg};
use crate::cli::policies::Policy;
use crate::profile::PreparedHost;

/// The profiles of a run, each read once.
pub struct Hosts {
    /// Whether the command line names the one that all specs are checked against.
    is_given: bool,
    list: Vec<(PathBuf, Host)>,
}

impl Hosts {
    /// Reads them. What is wrong is told; then there are none.
    pub fn load(arg: &HostArg, policies: &[Rc<Policy>], console: &Console) -> Option<Self> {
        let given = arg.host.as_deref();
        let mut hosts = Self { is_given: given.is_some(), list: Vec::new() };
        if let Some(path) = given {
            hosts.list.push((path.to_owned(), inputs::host(path, console)?));
            return Some(hosts);
        }
        for policy in policies {
            let Some(path) = &policy.host else { continue };
            if hosts.list.iter().all(|(known, _)| known != path) {
                hosts.list.push((path.clone(), inputs::named_host(path, policy.name(), console)?));
            }
        }
        Some(hosts)
    }

    /// The number of the profile that specs under this policy are checked against.
    pub fn of(&self, policy: &Policy) -> Option<usize> {
        if self.is_given {
            return Some(0);
        }
        let named: &Path = policy.host.as_deref()?;
        self.list.iter().position(|(path, _)| path == named)
    }

    /// A profile by its number.
    pub fn get(&self, at: usize) -> &Host {
        &self.list[at].1
    }

    /// All of them, with what is derived of each.
    pub fn prepared(&self) -> Vec<PreparedHost<'_>> {
        self.list.iter().map(|(_, host)| PreparedHost::new(&host.profile)).collect()
    }
}
