//! The directories in which files are kept: whether this user may write there, and how much room is left.

use std::path::{Path, PathBuf};

use daftar_store::Location;
use indicatif::BinaryBytes;
use rustix::fs::{Access, access, statvfs};

use crate::wiring::PICTURES;

use super::finding::{Finding, chain};
use super::patient::Patient;

/// Less is worth a warning.
const LITTLE: u64 = 1 << 30;
/// With less, the next pictures and the database's log fill it.
const NOTHING: u64 = 64 << 20;

/// Looks at all of them; what is well is told of the data directory alone.
pub(super) fn look(patient: &Patient) -> Vec<Finding> {
    let data_dir = patient.config.data_dir();
    let mut found = vec![of(&data_dir)];
    let more = [Some(data_dir.join(PICTURES)).filter(|dir| dir.exists()), folder_of_the_database(patient).filter(|dir| *dir != data_dir)];
    found.extend(more.into_iter().flatten().map(|dir| of(&dir)).filter(|finding| finding.state != super::State::Ok));
    found
}

fn folder_of_the_database(patient: &Patient) -> Option<PathBuf> {
    let location = Location::parse(patient.config.database_url().expose()).ok()?;
    location.file()?.parent().filter(|dir| !dir.as_os_str().is_empty()).map(Path::to_owned)
}

fn of(dir: &Path) -> Finding {
    let shown = dir.display();
    if !dir.exists() {
        return Finding::warning(format_args!("{shown} is not there yet"), "The first start of the server makes it");
    }
    if let Err(error) = access(dir, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        return Finding::failed(
            format_args!("this user may not write in {shown}: {}", std::io::Error::from(error).kind()),
            "Ask as the service's user; if it is that already, give it the directory",
        );
    }
    let room = match statvfs(dir) {
        Ok(system) => system.f_bavail.saturating_mul(system.f_frsize),
        Err(error) => return Finding::failed(format_args!("{shown} cannot be looked at: {}", chain(&error)), "Look at its file system"),
    };
    let said = format!("{shown} can be written, and has {} left", BinaryBytes(room));
    match room {
        0..NOTHING => Finding::failed(said, "Make room: what cannot be written is answered 503"),
        NOTHING..LITTLE => Finding::warning(said, "Make room before it is full"),
        _ => Finding::ok(said),
    }
}
