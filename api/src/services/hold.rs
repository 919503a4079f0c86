//! The `tamaru services` command: holds both servers for a caller that is no Rust program, or that may crash.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::{Options, Services, ServicesError, start};

/// How often a server that died is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Starts both servers under `dir`, writes one JSON line with their URLs to standard output, and stops them when
/// standard input closes or on SIGTERM, SIGINT or SIGHUP. A server that dies is started again.
pub async fn hold(dir: &Path) -> Result<(), ServicesError> {
    let failed = |cause| ServicesError::disk("listening for signals of", dir, cause);
    // Before anything starts, so that an early signal is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(failed)?;
    let mut input_closed = when_input_closes();

    let services = start(dir, &Options::default())?;
    announce(&services).map_err(|cause| ServicesError::disk("telling the URLs of", dir, cause))?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => break,
            _ = &mut input_closed => break,
            () = tokio::time::sleep(LOOK_EVERY) => {
                for kind in services.restart_dead()? {
                    tracing::warn!("{kind:?} had died and runs again");
                }
            }
        }
    }
    services.stop()
}

fn announce(services: &Services) -> io::Result<()> {
    let urls = serde_json::json!({
        "postgres_url": services.postgres_url(),
        "redis_url": services.redis_url(),
    });
    let mut output = io::stdout().lock();
    writeln!(output, "{urls}")?;
    output.flush()
}

/// A thread of its own: a blocked read can't be cancelled and must not delay the end of the runtime.
fn when_input_closes() -> oneshot::Receiver<()> {
    let (closed, when_closed) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0_u8; 256];
        let mut input = io::stdin().lock();
        while input.read(&mut ignored).is_ok_and(|count| count > 0) {}
        // The receiver is gone when a signal came first.
        closed.send(()).ok();
    });
    when_closed
}
