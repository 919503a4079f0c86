//! What a person sees when everything runs: where it is, the keys, and three lines to paste.

use std::io::{self, Write};

use secrecy::ExposeSecret;

use super::demo::{Demo, MEMBER, STORE};
use super::stack::Stack;

/// Writes one line to the terminal.
pub(super) fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// Prints the table.
pub(super) fn print(stack: &Stack, demo: &Demo) -> io::Result<()> {
    let url = format!("http://{}", stack.address());
    let log = stack.folder.join("server.log");
    let rows = [
        ("API", url.clone()),
        ("Docs", format!("{url}/docs")),
        ("Demo tenant", demo.keys.tenant.clone()),
        (
            "Operator key",
            stack.operator_key.expose_secret().to_owned(),
        ),
        ("Live API key", demo.keys.live_key.clone()),
        ("Test API key", demo.keys.test_key.clone()),
        ("Log", log.display().to_string()),
    ];
    let mut text = String::from("\nTamaru is running.\n\n");
    for (name, value) in rows {
        text.push_str(&format!("  {name:<13} {value}\n"));
    }
    text.push_str("\nTry it:\n");
    for (title, command) in lines_to_paste(&url, &demo.keys.live_key, &demo.member_id) {
        text.push_str(&format!("\n# {title}\n{command}\n"));
    }
    text.push_str("\nPress Ctrl-C to stop. The data stays for the next start.");
    say(&text)
}

/// Each is one line for any POSIX shell; receipt number, key and time are made when it is pasted, so that the same
/// line works again.
fn lines_to_paste(url: &str, key: &str, member_id: &str) -> [(&'static str, String); 3] {
    let head = format!("curl -sS -H 'Authorization: Bearer {key}'");
    let json = "-H 'Content-Type: application/json'";
    let receipt = format!(
        r#"{{"store":"{STORE}","receipt_number":"'$(date +%s%N)'","occurred_at":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'","member":{{"external_id":"{MEMBER}"}},"lines":[{{"sku":"833724","category":"grocery/eggs","quantity":2,"amount":1980}}]}}"#
    );
    [
        (
            "The balance of a member",
            format!("{head} {url}/v1/members/{member_id}/balances"),
        ),
        (
            "What a purchase would earn; nothing is recorded",
            format!("{head} {json} {url}/v1/quotes -d '{receipt}'"),
        ),
        (
            "The purchase itself; look at the balance again",
            format!(
                "{head} {json} -H \"Idempotency-Key: $(date +%s%N)\" {url}/v1/purchases -d '{receipt}'"
            ),
        ),
    ]
}
