//! Style rules as tests: nobody argues with a test.

mod levels;
pub(crate) mod source;
mod statements;

use source::{Source, all, root, rust};

const MAX_LINES: usize = 400;
const ROUTER_MAX_LINES: usize = 150;
/// Drawers into which anything fits.
const BANNED_NAMES: [&str; 9] = [
    "mod.rs",
    "utils.rs",
    "util.rs",
    "helpers.rs",
    "helper.rs",
    "common.rs",
    "types.rs",
    "manager.rs",
    "misc.rs",
];
/// All that pure decisions need.
const DOMAIN_DEPENDENCIES: [&str; 7] = [
    "serde",
    "serde_json",
    "smallvec",
    "thiserror",
    "uuid",
    "jiff",
    "utoipa",
];
/// What would make a decision depend on more than its arguments.
const IMPURE: [&str; 10] = [
    "std::time",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "rand::",
    "tokio",
    "::now()",
    "::now_v7()",
];

/// Fails with every fault at once.
#[track_caller]
fn none(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

fn faulty(sources: &[Source], is_fault: impl Fn(&Source) -> bool) -> Vec<String> {
    let faulty = sources.iter().filter(|source| is_fault(source));
    faulty.map(|source| source.path.clone()).collect()
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for source in rust("") {
        let lines = source.text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{} has {lines} lines", source.path));
        }
        if source.path == "api/src/router.rs" && lines > ROUTER_MAX_LINES {
            faults.push(format!("{} has {lines} lines", source.path));
        }
    }
    none("files longer than anyone reads", &faults);
}

#[test]
fn files_are_named_for_what_they_hold() {
    let faults = faulty(&rust(""), |source| BANNED_NAMES.contains(&source.name()));
    none("names that say nothing", &faults);
}

#[test]
fn every_module_says_why_it_exists() {
    let faults = faulty(&rust(""), |source| {
        source.name() != "tests.rs" && !source.is_test() && !source.text.starts_with("//!")
    });
    none("modules without a first line that says why", &faults);
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
    ];
    let mut faults = Vec::new();
    for source in all() {
        if source.path == "Cargo.lock" || source.path.starts_with("openapi/") {
            continue;
        }
        for word in words {
            if source.text.contains(word) {
                faults.push(format!("{}: {word}", source.path));
            }
        }
    }
    none("work left for later", &faults);
}

#[test]
fn the_project_speaks_of_itself_only() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("../sha", "red"),
        concat!("/t", "mp/"),
        concat!("/ro", "ot/"),
        concat!("static.crates", ".io"),
        concat!("index.crates", ".io"),
        concat!("pypi", ".org"),
        concat!("files.python", "hosted"),
        concat!("registry.npm", "js"),
    ];
    let mut faults = Vec::new();
    for source in all() {
        if source.path == "Cargo.lock" {
            continue;
        }
        for word in words {
            // A variable's folder is fine, this machine's is not.
            if source.text.contains(word) && !source.text.contains(&format!("/var{word}")) {
                faults.push(format!("{}: {word}", source.path));
            }
        }
    }
    none("places that exist on one machine only", &faults);
}

#[test]
fn the_domain_is_pure() {
    let manifest = std::fs::read_to_string(root().join("domain/Cargo.toml")).unwrap();
    let mut is_dependency = false;
    let mut faults = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependency = line == "[dependencies]";
        } else if is_dependency && !line.trim().is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !DOMAIN_DEPENDENCIES.contains(&name) {
                faults.push(format!("domain/Cargo.toml: {name}"));
            }
        }
    }
    for source in rust("domain/src/") {
        let code = source.code();
        let words = IMPURE
            .iter()
            .filter(|word| !source.is_test() && code.contains(*word));
        faults.extend(words.map(|word| format!("{}: {word}", source.path)));
    }
    none("what a pure decision must not know", &faults);
}

#[test]
fn money_and_points_never_float() {
    let mut faults = Vec::new();
    for source in rust("domain/src/") {
        let code = source.code();
        let is_word = |character: char| !character.is_alphanumeric() && character != '_';
        let words = code
            .split(is_word)
            .filter(|word| matches!(*word, "f32" | "f64"));
        faults.extend(words.map(|word| format!("{}: {word}", source.path)));
    }
    none("floating point in the domain", &faults);
}

#[test]
fn time_ids_and_randomness_come_from_one_place() {
    let words = [
        "Timestamp::now",
        "Zoned::now",
        "SystemTime::now",
        "Uuid::now_v7",
        "Uuid::new_v4",
        "rand::random",
    ];
    let mut faults = Vec::new();
    for source in rust("api/src/") {
        if source.path == "api/src/clock.rs" || source.is_test() {
            continue;
        }
        let code = source.code();
        let found = words.iter().filter(|word| code.contains(*word));
        faults.extend(found.map(|word| format!("{}: {word}", source.path)));
    }
    none("values that should come in as arguments", &faults);
}

#[test]
fn migrations_are_named_and_can_be_undone() {
    let mut faults = Vec::new();
    for entry in std::fs::read_dir(root().join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parts: Vec<&str> = name.split(['-', '_']).collect();
        let widths: Vec<usize> = parts.iter().take(4).map(|part| part.len()).collect();
        let is_numeric = |part: &&str| part.chars().all(|character| character.is_ascii_digit());
        let is_named =
            widths == [4, 2, 2, 6] && parts.iter().take(4).all(is_numeric) && parts.len() > 4;
        let has_both = ["up.sql", "down.sql"]
            .iter()
            .all(|file| path.join(file).is_file());
        let up = std::fs::read_to_string(path.join("up.sql")).unwrap_or_default();
        let is_sharded = up.starts_with("set local citus.multi_shard_modify_mode to 'sequential';");
        if !is_named || !has_both || !(is_sharded || up.contains("concurrently")) {
            faults.push(name);
        }
    }
    none("migrations without name, way back or first line", &faults);
}
