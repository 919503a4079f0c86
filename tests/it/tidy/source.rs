//! Files of the project, and the string literals in Rust text.

use std::fs;
use std::path::{Path, PathBuf};

/// What is not the project's own text.
const SKIPPED: [&str; 4] = ["target", ".git", ".tamaru", "node_modules"];

/// One file of the project.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Whether the file holds unit tests, which may do what the product may not.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.starts_with("tests/")
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The text without comments of whole lines.
    pub(crate) fn code(&self) -> String {
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        self.text
            .lines()
            .filter(is_code)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Every string literal of the code.
    pub(crate) fn literals(&self) -> Vec<String> {
        literals(&self.code())
    }
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Every text file of the project.
pub(crate) fn all() -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

/// Every Rust file below a folder.
pub(crate) fn rust(folder: &str) -> Vec<Source> {
    let mut sources = all();
    sources.retain(|source| source.path.starts_with(folder) && source.path.ends_with(".rs"));
    assert!(!sources.is_empty(), "nothing was found below {folder}");
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // `.git` is a file in a second working tree.
        if path.is_symlink() || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, sources);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root).unwrap().to_string_lossy();
            sources.push(Source {
                path: path.replace('\\', "/"),
                text,
            });
        }
    }
}

fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(['"', '\'']) {
        let is_raw = rest[..start].ends_with("r#");
        let opening = rest.as_bytes()[start];
        rest = &rest[start + 1..];
        if opening == b'\'' {
            rest = after_quote(rest);
            continue;
        }
        let end = if is_raw {
            rest.find("\"#").unwrap_or(rest.len())
        } else {
            end_of_literal(rest)
        };
        found.push(rest[..end].to_owned());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Passes over a character literal; a lifetime has no end to pass over.
fn after_quote(rest: &str) -> &str {
    let mut characters = rest.char_indices();
    match (characters.next(), characters.next(), characters.next()) {
        (Some((_, '\\')), _, Some((at, '\''))) => &rest[at + 1..],
        (Some((_, '\\')), Some((at, _)), _) => &rest[at + 1..],
        (Some(_), Some((at, '\'')), _) => &rest[at + 1..],
        _ => rest,
    }
}

fn end_of_literal(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn literals_are_found_between_quotes_only() {
    let code = r###"let a = "one \" two"; fn f<'a>(c: char) { c == '"' } let b = r#"three "quoted""#; '\'' "four""###;
    let expected = ["one \\\" two", "three \"quoted\"", "four"];
    assert_eq!(literals(code), expected);
}
