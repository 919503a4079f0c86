//! Load on the real server and the proof that it kept its promises under it: every answer is
//! judged while it comes, and the ledger is read back afterwards.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    all::AllOptions, books::BooksOptions, check_data::CheckDataOptions, compare::CompareOptions,
    cutover::CutoverOptions, failure::Failure, faults::FaultsOptions, flood::FloodOptions,
    run::RunOptions, timing::TimingOptions, verify::VerifyOptions,
};

mod all;
mod audit;
mod books;
mod check_data;
mod clock;
mod compare;
mod connection;
mod cutover;
mod failure;
mod faults;
mod flood;
mod journal;
mod judge;
mod options;
mod pgbench;
mod private;
mod process;
mod receipt;
mod receiver;
mod run;
mod stack;
mod tally;
mod terminal;
mod timing;
mod traffic;
mod verify;
mod world;

#[derive(Parser)]
#[command(
    version,
    about = "Load on the real server, and the yardstick beside it"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(RunOptions),
    Verify(VerifyOptions),
    Compare(CompareOptions),
    All(AllOptions),
    CheckData(CheckDataOptions),
    Cutover(CutoverOptions),
    Books(BooksOptions),
    Flood(FloodOptions),
    Faults(FaultsOptions),
    Timing(TimingOptions),
}

/// One thread: the generator shares the machine with the server and must stay the smaller one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => Box::pin(run::run(&options)).await,
        Command::Verify(options) => Box::pin(verify::verify(&options)).await,
        Command::CheckData(options) => Box::pin(check_data::check_data(&options)).await,
        Command::Books(options) => Box::pin(books::books(&options)).await,
        Command::Cutover(options) => Box::pin(cutover::cutover(&options)).await,
        Command::Flood(options) => Box::pin(flood::flood(&options)).await,
        Command::Faults(options) => Box::pin(faults::faults(&options)).await,
        Command::Timing(options) => Box::pin(timing::timing(&options)).await,
        Command::All(options) => Box::pin(all::all(&options)).await,
        Command::Compare(options) => Box::pin(compare::compare(&options)).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => tell(&failure),
    }
}

fn tell(failure: &Failure) -> ExitCode {
    match terminal::note(&format!("loadtest: {failure}")) {
        Ok(()) | Err(_) => ExitCode::from(2),
    }
}
