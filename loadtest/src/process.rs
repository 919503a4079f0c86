//! Memory and processor time of a process of this machine, from the kernel's own books.

use std::fs;

use serde::Serialize;

/// The kernel counts processor time in hundredths of a second on every supported machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) processor_seconds: f64,
    /// Highest resident memory ever.
    pub(crate) memory_peak_kib: u64,
}

/// Reads the books; nothing when there is no such process.
pub(crate) fn usage(process: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(Usage {
        processor_seconds: f64::from(ticks(&stat)?) / TICKS_PER_SECOND,
        memory_peak_kib: memory_peak(&status).unwrap_or_default(),
    })
}

/// The name may hold spaces and brackets, so counting starts after its last bracket.
fn ticks(stat: &str) -> Option<u32> {
    let (_name, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let user: u32 = times.next()?.parse().ok()?;
    let system: u32 = times.next()?.parse().ok()?;
    user.checked_add(system)
}

fn memory_peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{memory_peak, ticks};

    #[test]
    fn times_are_found_behind_a_name_with_brackets() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0";
        assert_eq!(ticks(stat), Some(300));
    }

    #[test]
    fn the_memory_peak_is_read_in_kibibytes() {
        assert_eq!(memory_peak("Name:\tx\nVmHWM:\t  1234 kB\n"), Some(1234));
    }
}
