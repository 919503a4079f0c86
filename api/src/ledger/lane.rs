//! A thread of its own for each writer. Whoever sends a batch wakes Postgres, which often takes the core of who woke it
//! until it has answered. So a writer may wait behind its own batch, which it waits for anyway, but not behind another's.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// As it stands in lists of threads.
const THREAD_NAME: &str = "tamaru-writer";

/// The thread of one writer, which ends with it.
#[derive(Debug)]
pub(super) struct Lane {
    handle: Handle,
    /// Only dropped, which is what the thread waits for.
    _ends: oneshot::Sender<()>,
}

impl Lane {
    pub(super) fn open() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (ends, ended) = oneshot::channel();
        thread::Builder::new()
            .name(THREAD_NAME.into())
            .spawn(move || drop(runtime.block_on(ended)))?;
        Ok(Self {
            handle,
            _ends: ends,
        })
    }

    /// What is spawned on it runs there.
    pub(super) fn thread(&self) -> Handle {
        self.handle.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{Lane, THREAD_NAME};

    #[test]
    fn tasks_run_on_its_thread_until_it_is_dropped() {
        let lane = Lane::open().unwrap();
        let thread = lane.thread();
        let name = || thread.spawn(async { thread::current().name().map(str::to_owned) });
        let waits = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let ran = waits.block_on(name()).unwrap();
        assert_eq!(ran.as_deref(), Some(THREAD_NAME));
        let waiting = thread.spawn(std::future::pending::<()>());
        drop(lane);
        assert!(waits.block_on(waiting).unwrap_err().is_cancelled());
        assert!(waits.block_on(name()).unwrap_err().is_cancelled());
    }
}
