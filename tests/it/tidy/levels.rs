//! Imports go down only, by the levels that `api/src/lib.rs` lists.

use std::collections::{BTreeMap, BTreeSet};

use super::none;
use super::source::{Source, rust};

/// Macros stand at the crate's root, whichever module declares them.
const MACROS: [(&str, &str); 1] = [("statement", "db")];

/// Where a module stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    number: usize,
    /// Resources know nothing of each other; elsewhere a level may have an order of its own.
    is_of_resources: bool,
}

/// The level of every module of the crate.
fn levels(library: &str) -> BTreeMap<String, Level> {
    let mut level = None;
    let mut is_of_resources = false;
    let mut levels = BTreeMap::new();
    for line in library.lines() {
        if let Some(rest) = line.strip_prefix("// Level ") {
            is_of_resources = rest.contains("the resources");
            level = rest
                .split(':')
                .next()
                .and_then(|number| number.parse().ok());
        }
        let declared = line
            .trim_start_matches("pub ")
            .trim_start_matches("pub(crate) ");
        let module = declared
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'));
        if let Some(module) = module {
            let number = level.unwrap_or_else(|| panic!("{module} stands under no level"));
            let level = Level {
                number,
                is_of_resources,
            };
            levels.insert(module.to_owned(), level);
        }
    }
    levels
}

/// The crate's modules that a file names, as `crate::x` or within `crate::{x, y::z}`.
fn named(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("crate::") {
        let is_ours =
            !rest[..at].ends_with(['$', '_']) && !rest[..at].ends_with(char::is_alphanumeric);
        rest = &rest[at + "crate::".len()..];
        if !is_ours {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(group) => names.extend(first_names(group)),
            None => names.push(first_name(rest)),
        }
    }
    names
}

fn first_name(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

/// The first name of each member of a `{…}` group.
fn first_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut is_start = true;
    let mut names = Vec::new();
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_start = true,
            _ if character.is_whitespace() => {}
            _ if is_start => {
                names.push(first_name(&group[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    names
}

/// The crate's module to which a file belongs.
fn module_of(source: &Source) -> String {
    let path = source.path.trim_start_matches("api/src/");
    let first = path.split('/').next().unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// Which modules each module names.
fn imports(
    sources: &[Source],
    levels: &BTreeMap<String, Level>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        let module = module_of(source);
        for name in named(&source.code()) {
            let macro_of = MACROS.iter().find(|(known, _)| *known == name);
            let name = macro_of.map_or(name.clone(), |(_, module)| (*module).to_owned());
            if name != module && levels.contains_key(&name) {
                imports.entry(module.clone()).or_default().insert(name);
            }
        }
    }
    imports
}

/// A way from `start` back to itself, if there is one.
fn cycle(start: &str, imports: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&String> = imports.get(start).into_iter().flatten().collect();
    while let Some(module) = next.pop() {
        if module == start {
            return true;
        }
        if seen.insert(module) {
            next.extend(imports.get(module).into_iter().flatten());
        }
    }
    false
}

#[test]
fn imports_go_down_only() {
    let sources = rust("api/src/");
    let library = sources
        .iter()
        .find(|source| source.path == "api/src/lib.rs")
        .unwrap();
    let levels = levels(&library.text);
    assert!(
        levels.len() > 20,
        "the module list was not understood: {levels:?}"
    );
    assert!(
        levels.values().any(|level| level.is_of_resources),
        "the resources were not found"
    );
    let imports = imports(&sources, &levels);
    let mut faults = Vec::new();
    for (module, names) in &imports {
        let Some(own) = levels.get(module) else {
            continue;
        };
        for name in names {
            let other = &levels[name];
            let is_sibling = other.number == own.number && own.is_of_resources;
            if other.number > own.number || is_sibling {
                faults.push(format!(
                    "{module} of level {} names {name} of level {}",
                    own.number, other.number
                ));
            }
        }
        if cycle(module, &imports) {
            faults.push(format!("{module} names itself by way of others"));
        }
    }
    none(
        "imports that go up, to a sibling resource, or round",
        &faults,
    );
}

#[test]
fn an_upward_import_is_noticed() {
    let code =
        "use crate::{a, b::{c, d}, e};\nuse crate::f::g;\nuse other_crate::h;\n$crate::i::j();";
    assert_eq!(named(code), ["a", "b", "e", "f"]);
    let levels =
        levels("// Level 1: low.\nmod a;\n// Level 2: high.\npub mod b;\npub(crate) mod c;\n");
    assert_eq!(levels["a"].number, 1);
    assert_eq!((levels["b"].number, levels["c"].number), (2, 2));
}

#[test]
fn a_circle_is_noticed() {
    let way = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    let imports = BTreeMap::from([way("a", "b"), way("b", "c"), way("c", "b")]);
    assert!(!cycle("a", &imports));
    assert!(cycle("b", &imports) && cycle("c", &imports));
}
