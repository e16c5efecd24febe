//! How much memory pictures may take while they are decoded: a gate that lets through only as many
//! as fit, and how much there is.

use std::sync::{Condvar, Mutex, PoisonError};

/// Lets decoding start while the bytes in use stay within a limit.
#[derive(Debug)]
pub(super) struct Gate {
    limit: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// Bytes taken from a gate; given back when dropped.
#[derive(Debug)]
pub(super) struct Held<'a> {
    gate: &'a Gate,
    bytes: u64,
}

impl Gate {
    /// Makes a gate for `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// Waits until `bytes` fit. More than the whole limit fit when nothing else is in use.
    pub(super) fn enter(&self, bytes: u64) -> Held<'_> {
        let bytes = bytes.min(self.limit);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .freed
            .wait_while(used, |used| *used + bytes > self.limit)
            .unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Held { gate: self, bytes }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut used = self
            .gate
            .used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *used -= self.bytes;
        self.gate.freed.notify_all();
    }
}

/// Tells how many bytes of memory are free; `None` where the system does not say.
///
/// On Linux what the kernel deems available to a new program, or what the container has left if
/// that is less.
pub fn free() -> Option<u64> {
    let machine = available_in(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    Some(container().map_or(machine, |left| machine.min(left)))
}

fn available_in(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the control group has left, if it has a limit.
fn container() -> Option<u64> {
    let number = |file: &str| -> Option<u64> {
        let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?;
        text.trim().parse().ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn never_more_than_the_limit_is_in_use_and_the_oversized_go_alone() {
        let (gate, in_use, most) = (Gate::new(10), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (gate, in_use, most) = (&gate, &in_use, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let wanted = (thread * 7 + round) % 14; // 0 to 13, some over the limit
                        let held = gate.enter(wanted);
                        let now = in_use.fetch_add(held.bytes, Ordering::SeqCst) + held.bytes;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        in_use.fetch_sub(held.bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 10);
        assert_eq!(*gate.used.lock().unwrap(), 0);
    }

    #[test]
    fn what_is_available_is_read_in_kibibytes() {
        assert_eq!(
            available_in("MemTotal: 9 kB\nMemAvailable:   3 kB\n"),
            Some(3072)
        );
        assert_eq!(available_in(""), None);
        assert_eq!(available_in("MemAvailable: x kB"), None);
    }
}
