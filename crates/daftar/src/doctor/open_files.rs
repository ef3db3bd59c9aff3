//! How many files and connections a server that is started from here could have open (threat row 49).

use super::finding::{Finding, chain};
use super::patient::Patient;

/// With less, a few thousand silent connections keep people out.
const ENOUGH: u64 = 4096;

/// Looks at the limit of this process, which is the server's where it is started in the same way.
pub(super) fn look(_: &Patient) -> Vec<Finding> {
    let advice = "Raise the hard limit: `LimitNOFILE` of its unit, or `ulimit -Hn` of whoever starts the server";
    vec![match rlimit::Resource::NOFILE.get() {
        Err(error) => Finding::failed(chain(&error), advice),
        Ok((_, most)) if most < ENOUGH => Finding::warning(format_args!("a server that is started from here may open {most}"), advice),
        Ok((_, most)) => Finding::ok(format_args!("a server that is started from here may open {most}; one of systemd's what its unit says")),
    }]
}
