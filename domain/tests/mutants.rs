//! Whether the walks beside the model would see a bug: each of `tests/mutants/ledger.txt` is put into a copy of the
//! sources, and the walk has to fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Steps in which a bug has to be seen.
const STEPS: &str = "60000";

/// A bug.
struct Mutant {
    name: String,
    file: String,
    is: String,
    would_be: String,
}

#[cfg(test)]
mod tree {
    use super::{Mutant, Path, PathBuf, fs};

    pub(crate) fn root() -> PathBuf {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        own.parent().unwrap().to_path_buf()
    }

    pub(crate) fn mutants() -> Vec<Mutant> {
        let list = fs::read_to_string(root().join("tests/mutants/ledger.txt")).unwrap();
        let blocks = list.split("\n=== ").skip(1);
        blocks.map(|block| mutant(block).unwrap()).collect()
    }

    fn mutant(block: &str) -> Option<Mutant> {
        let (name, rest) = block.split_once('\n')?;
        let (file, rest) = rest.split_once("\n--- is\n")?;
        let (is, would_be) = rest.split_once("\n--- would be\n")?;
        Some(Mutant {
            name: name.to_owned(),
            file: file.to_owned(),
            is: is.to_owned(),
            would_be: would_be.trim_end_matches('\n').to_owned(),
        })
    }

    /// Everything that the domain and its walk are built from, and nothing else.
    pub(crate) fn copy(to: &Path) {
        let from = root();
        fs::remove_dir_all(to).ok();
        for folder in [
            "domain/src",
            "domain/tests",
            "domain/benches",
            "tests/it/ledger_model",
        ] {
            copy_folder(&from.join(folder), &to.join(folder));
        }
        for file in ["Cargo.lock", "domain/Cargo.toml", "rust-toolchain.toml"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        let manifest = fs::read_to_string(from.join("Cargo.toml")).unwrap();
        let (start, rest) = manifest.split_once("members = [").unwrap();
        let (_, end) = rest.split_once(']').unwrap();
        let only = format!("{start}members = [\"domain\"]{end}");
        fs::write(to.join("Cargo.toml"), only).unwrap();
    }

    fn copy_folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy_folder(&path, &to);
            } else {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
}

#[test]
fn every_mutant_has_its_place() {
    let mutants = tree::mutants();
    assert!(mutants.len() >= 20);
    for mutant in mutants {
        let text = fs::read_to_string(tree::root().join(&mutant.file)).unwrap();
        let found = text.matches(&mutant.is).count();
        assert_eq!(
            found, 1,
            "{}: {} in {}",
            mutant.name, mutant.is, mutant.file
        );
        assert_ne!(mutant.is, mutant.would_be, "{}", mutant.name);
    }
}

/// Takes some seconds for each; needs no network. `TAMARU_MUTANT` names one of them, or a part of its name.
#[test]
#[ignore = "builds the domain once for every mutant"]
fn every_mutant_is_killed() {
    let target = tree::root().join("target/mutants");
    let copy = target.join("tree");
    tree::copy(&copy);
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(&copy).args(arguments);
        cargo.args(["--offline", "-p", "domain", "--test", "ledger_model"]);
        cargo.env("CARGO_TARGET_DIR", target.join("build"));
        cargo
            .env("TAMARU_MODEL_STEPS", STEPS)
            .env("RUST_BACKTRACE", "0");
        cargo.stdout(Stdio::null()).stderr(Stdio::null());
        cargo.status().unwrap().success()
    };
    assert!(cargo(&["test"]), "the walk fails without any mutant");
    let mut table = String::new();
    let mut survivors = Vec::new();
    let wanted = std::env::var("TAMARU_MUTANT").unwrap_or_default();
    let mut mutants = tree::mutants();
    mutants.retain(|mutant| mutant.name.contains(&wanted));
    for mutant in mutants {
        let path = copy.join(&mutant.file);
        let sound = fs::read_to_string(&path).unwrap();
        fs::write(&path, sound.replacen(&mutant.is, &mutant.would_be, 1)).unwrap();
        assert!(cargo(&["build"]), "does not build: {}", mutant.name);
        let started = Instant::now();
        let survives = cargo(&["test"]);
        let seconds = started.elapsed().as_secs_f32();
        let verdict = if survives { "survives" } else { "killed" };
        table.push_str(&format!(
            "| {} | {verdict} | {seconds:.1} s |\n",
            mutant.name
        ));
        if survives {
            survivors.push(mutant.name);
        }
        fs::write(&path, sound).unwrap();
    }
    fs::write(target.join("table.md"), &table).unwrap();
    assert!(survivors.is_empty(), "survivors: {survivors:#?}\n{table}");
}
