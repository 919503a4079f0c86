//! Options that several commands share.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{connection::ServerAddress, failure::Failure};

/// The server under load.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// Where it listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: ServerAddress,
    /// The key that may create tenants
    #[arg(long, env = "TAMARU_OPERATOR_KEY", hide_env_values = true)]
    pub(crate) operator_key: String,
    /// Process of the server on this machine, for its memory and processor time
    #[arg(long)]
    pub(crate) server_pid: Option<u32>,
}

/// Where the numbers go beside the terminal.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReportOptions {
    /// Write the report as JSON
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
}

/// Writes `report` as readable JSON.
pub(crate) fn write_report(file_path: &Path, report: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report);
    let text = text.map_err(|error| Failure::other(error.to_string()))?;
    std::fs::write(file_path, text).map_err(Failure::io(format!(
        "writing the report {}",
        file_path.display()
    )))
}
