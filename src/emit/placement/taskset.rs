//! A shell script of `taskset` calls (util-linux `taskset(1)`).

use std::fmt::Write;

use super::Placement;

/// A script that pins threads: its arguments are the thread IDs of the vCPUs, by index.
#[must_use]
pub fn taskset(placement: &Placement) -> String {
    let count = placement.vcpus.len();
    let mut script = format!(
        "#!/bin/sh\n# Arguments: the thread IDs of the {count} vCPUs in the order of their indices.\n\
         set -eu\n[ $# -eq {count} ] || {{ echo \"$0: {count} thread IDs, not $#\" >&2; exit 2; }}\n"
    );
    for (argument, vcpu) in (1..).zip(&placement.vcpus) {
        // Writing to a String cannot fail.
        let _ = writeln!(script, "taskset --cpu-list --pid {} \"${{{argument}}}\"", vcpu.host_cpu);
    }
    script
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn each_argument_is_pinned() {
        assert_eq!(
            taskset(&example()),
            "#!/bin/sh\n# Arguments: the thread IDs of the 4 vCPUs in the order of their indices.\nset -eu\n\
             [ $# -eq 4 ] || { echo \"$0: 4 thread IDs, not $#\" >&2; exit 2; }\n\
             taskset --cpu-list --pid 8 \"${1}\"\ntaskset --cpu-list --pid 72 \"${2}\"\n\
             taskset --cpu-list --pid 14 \"${3}\"\ntaskset --cpu-list --pid 78 \"${4}\"\n"
        );
    }
}
