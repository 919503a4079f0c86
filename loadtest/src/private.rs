//! A command on a service of its own: started, given to the command, stopped and removed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

use crate::{
    all::{beside_this_program, remove},
    failure::Failure,
    stack::{Settings, Stack},
    terminal::note,
};

/// Where the service comes from and where it lives.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PrivateOptions {
    /// The service's program [default: `tamaru` beside this one]
    #[arg(long)]
    server: Option<PathBuf>,
    /// Folder of the private services; must not exist yet [default: one in the system's temporary folder]
    #[arg(long)]
    dir: Option<PathBuf>,
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
    remove(&folder, outcome.is_ok()).await?;
    outcome
}

async fn with_stack(
    program: &Path,
    folder: &Path,
    settings: Settings,
    work: impl AsyncFnOnce(&Stack) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let stack = Stack::start_with(program, folder, settings).await?;
    let outcome = work(&stack).await;
    stack.stop().await?;
    outcome
}
