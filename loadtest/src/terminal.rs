//! The one way to the terminal: results on standard output, progress on standard error.

use std::io::{self, Write};

use crate::failure::Failure;

/// One line of the result.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{line}").map_err(Failure::io("writing to standard output"))
}

/// Several lines of the result.
pub(crate) fn say_all(lines: &[String]) -> Result<(), Failure> {
    lines.iter().try_for_each(|line| say(line))
}

/// What is being done now, for a person who waits.
pub(crate) fn note(line: &str) -> Result<(), Failure> {
    writeln!(io::stderr().lock(), "{line}").map_err(Failure::io("writing to standard error"))
}
