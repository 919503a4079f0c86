//! Everything that a tenant can read: each `GET` of the document with every id that any answer names, page by page.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use crate::harness::Node;
use crate::harness::call::{Answer, Api};
use crate::isolation::contract::{Operation, Place, operations};

/// Ids of one kind that are asked for.
const MOST_IDS: usize = 40;
/// What the document has no example of: members by what a till knows.
const QUESTIONS: [&str; 3] = [
    "/v1/members?card=2900000000000",
    "/v1/members?phone=%2B819012345671",
    "/v1/members?external_id=same-2",
];

/// Instants of asking, which are the next moment's the next time.
const WHEN_ASKED: [&str; 2] = ["\"as_of\":\"", "\"exported_at\":\""];

/// Answers by caller and path.
pub(super) struct Answers {
    read: Vec<(Api, BTreeMap<String, String>)>,
    /// Who exports a member leaves a line in the audit log, which is read before.
    exported: Vec<(Api, BTreeMap<String, String>)>,
}

/// Everything that these callers can read at a node without a trace.
pub(super) async fn of(node: &Node, callers: [&Api; 2]) -> Answers {
    let operations = operations(node).await;
    let mut all = Vec::new();
    for api in callers {
        all.push((api.clone(), read(api, &operations).await));
    }
    let number: usize = all.iter().map(|(_, answers)| answers.len()).sum();
    assert!(number > 150, "only {number} answers");
    Answers {
        read: all,
        exported: Vec::new(),
    }
}

impl Answers {
    /// Adds what is exported of every member.
    pub(super) async fn and_exports(&mut self) {
        for (api, answers) in &self.read {
            let is_member = |path: &&String| {
                let rest = path.strip_prefix("/v1/members/");
                rest.is_some_and(|rest| !rest.contains('/'))
            };
            let mut exported = BTreeMap::new();
            for member in answers.keys().filter(is_member) {
                let path = format!("{member}/export");
                let answer = api.get(&path).await;
                exported.insert(path.clone(), told(&path, &answer));
            }
            assert!(!exported.is_empty(), "there are no members");
            self.exported.push((api.clone(), exported));
        }
    }

    /// Fails unless another node answers the same, byte for byte.
    pub(super) async fn are_those_of(&self, node: &Node) {
        let mut different = Vec::new();
        for (api, answers) in self.read.iter().chain(&self.exported) {
            let api = api.at(&node.base);
            for (path, before) in answers {
                let now = told(path, &api.get(path).await);
                let is_same = now == *before;
                different.extend(
                    (!is_same).then(|| format!("{path}\n  before {before}\n  after  {now}")),
                );
            }
        }
        assert!(different.is_empty(), "{}", different.join("\n"));
    }
}

async fn read(api: &Api, operations: &[Operation]) -> BTreeMap<String, String> {
    let is_read = |operation: &&Operation| {
        operation.method == Method::GET
            && !operation.is_operators()
            && !operation.is_public
            && !operation.path.ends_with("/export")
    };
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut answers = BTreeMap::new();
    loop {
        let mut due: BTreeSet<String> = QUESTIONS.map(str::to_owned).into();
        for operation in operations.iter().filter(is_read) {
            due.extend(paths(operation, &ids));
        }
        due.retain(|path| !answers.contains_key(path));
        if due.is_empty() {
            return answers;
        }
        while let Some(path) = due.pop_first() {
            let answer = api.get(&path).await;
            note(&mut ids, &answer);
            if let Some(cursor) = answer.json["next_cursor"].as_str() {
                let first = path.split(['?', '&']).next().unwrap();
                due.insert(format!("{first}?limit=3&cursor={cursor}"));
            }
            answers.insert(path.clone(), told(&path, &answer));
        }
    }
}

/// The paths of an operation with the ids that are known so far.
fn paths(operation: &Operation, ids: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut paths = vec![operation.path.clone()];
    for number in &operation.numbers {
        let with =
            |path: &String| ["1", "2"].map(|text| path.replace(&format!("{{{number}}}"), text));
        paths = paths.iter().flat_map(with).collect();
    }
    for position in &operation.positions {
        let Place::Path(name) = &position.place else {
            continue;
        };
        let known = ids.get(&position.prefix).into_iter().flatten();
        let known: Vec<&String> = known.take(MOST_IDS).collect();
        let with = |path: &String| {
            let filled = known
                .iter()
                .map(|id| path.replace(&format!("{{{name}}}"), id));
            filled.collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(with).collect();
    }
    if operation.has_cursor {
        paths = paths.iter().map(|path| format!("{path}?limit=3")).collect();
    }
    paths
}

/// Every id in an answer.
fn note(ids: &mut BTreeMap<String, BTreeSet<String>>, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let is_part =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    for word in text.split(|letter| !is_part(letter)) {
        if let Some((prefix, rest)) = word.split_once('_')
            && rest.len() == 26
        {
            let kind = ids.entry(format!("{prefix}_")).or_default();
            kind.insert(word.to_owned());
        }
    }
}

/// An answer as it is compared: of a refusal its code, since each has a request id of its own.
fn told(path: &str, answer: &Answer) -> String {
    assert!(answer.status < 500, "{path}: {answer}");
    let etag = answer.header("etag");
    match answer.status {
        200 => format!("{etag} {}", without_instants(&answer.to_string())),
        status => format!("{status} {}", answer.code()),
    }
}

fn without_instants(text: &str) -> String {
    let mut text = text.to_owned();
    for name in WHEN_ASKED {
        let Some(start) = text.find(name) else {
            continue;
        };
        let start = start + name.len();
        let length = text[start..].find('"').unwrap();
        text.replace_range(start..start + length, "");
    }
    text
}
