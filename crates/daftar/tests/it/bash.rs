//! A bash, as whoever follows the documentation has one open.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::program::Home;

/// A bash into which one pastes some lines at a time.
pub(crate) struct Bash {
    stdin: ChildStdin,
    out: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Bash {
    /// One whose working directory is this home.
    pub(crate) fn start(home: &Home) -> Self {
        let mut child = Command::new("bash").current_dir(home.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
        Self { stdin, out, child }
    }

    /// Pastes lines; what they printed.
    pub(crate) fn paste(&mut self, lines: &str) -> String {
        writeln!(self.stdin, "{lines}\necho; echo '<end of line>'").unwrap();
        let printed = self.out.by_ref().map(Result::unwrap).take_while(|line| line != "<end of line>");
        printed.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

impl Drop for Bash {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
