//! A command on a service of its own: started, given to the command, stopped and removed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use crate::{
    failure::Failure,
    stack::{Settings, Stack},
    terminal::note,
};

/// What servers that lost their keeper need to stop.
const SERVERS_LEAVE: Duration = Duration::from_secs(2);

/// Where the service comes from and where it lives.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PrivateOptions {
    /// The service's program [default: `tamaru` beside this one]
    #[arg(long)]
    server: Option<PathBuf>,
    /// Folder of the private services; must not exist yet [default: one in the system's temporary folder]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Leave the folder behind
    #[arg(long)]
    keep: bool,
}

/// Does `work` on a service of its own, and leaves nothing behind.
pub(crate) async fn on_private_stack(
    options: &PrivateOptions,
    settings: Settings,
    work: impl AsyncFnOnce(&Stack) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let program = match &options.server {
        Some(program) => program.clone(),
        None => beside_this_program()?,
    };
    let folder = match &options.dir {
        Some(folder) => folder.clone(),
        None => env::temp_dir().join(format!("tamaru-private-{}", process::id())),
    };
    fs::create_dir(&folder).map_err(Failure::io(format!("making {}", folder.display())))?;
    note(&format!(
        "Starting the private services in {}",
        folder.display()
    ))?;
    let outcome = tokio::select! {
        outcome = with_stack(&program, &folder, settings, work) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Failure::other("interrupted")),
    };
    if !options.keep {
        remove(&folder, outcome.is_ok()).await?;
    }
    outcome
}

async fn with_stack(
    program: &Path,
    folder: &Path,
    settings: Settings,
    work: impl AsyncFnOnce(&Stack) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let stack = Stack::start(program, folder, settings).await?;
    let outcome = work(&stack).await;
    stack.stop().await?;
    outcome
}

/// After a failure the private servers may still be on their way out of the folder, and the failure
/// is the news.
async fn remove(folder: &Path, must_succeed: bool) -> Result<(), Failure> {
    if !must_succeed {
        tokio::time::sleep(SERVERS_LEAVE).await;
    }
    let removed = fs::remove_dir_all(folder);
    if must_succeed {
        return removed.map_err(Failure::io(format!("removing {}", folder.display())));
    }
    Ok(())
}

/// Both programs come from the same build, so the other one is expected next to this one.
fn beside_this_program() -> Result<PathBuf, Failure> {
    let this = env::current_exe().map_err(Failure::io("finding this program"))?;
    let program = this.with_file_name("tamaru");
    if program.is_file() {
        return Ok(program);
    }
    Err(Failure::other(format!(
        "{} was not found: build it with `cargo build --release`, or name it with --server",
        program.display()
    )))
}
