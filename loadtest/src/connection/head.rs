//! The head of an answer: only what is needed to find its end.

use memchr::memmem;

use super::NoAnswer;

/// A head larger than this is no answer of ours.
const HEAD_MAX_BYTES: usize = 16 * 1_024;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Where an answer ends and what it says at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// HTTP status.
    pub(super) status: u16,
    /// Bytes up to the body.
    pub(super) length: usize,
    /// Bytes of the body.
    pub(super) body: usize,
    /// The server closes the connection after it.
    pub(super) closes: bool,
}

impl Head {
    /// The head at the start of `bytes`; nothing while it isn't whole.
    pub(super) fn find(bytes: &[u8]) -> Result<Option<Self>, NoAnswer> {
        let end = memmem::find(bytes, HEAD_END);
        match end.and_then(|end| bytes.split_at_checked(end)) {
            Some((head, _)) => Self::parse(head).map(Some).ok_or(NoAnswer::Unreadable),
            None if bytes.len() > HEAD_MAX_BYTES => Err(NoAnswer::Unreadable),
            None => Ok(None),
        }
    }

    /// Head and body together, in bytes.
    pub(super) fn total(&self) -> usize {
        self.length.saturating_add(self.body)
    }

    /// An answer without a length (chunked, or until the end of the connection) is not understood:
    /// the service never sends one to a caller that doesn't ask for compression.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.split('\n').map(str::trim_end);
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
        let status: u16 = status.get(..3)?.parse().ok()?;
        let mut body = (status == 204 || status == 304).then_some(0);
        let mut closes = false;
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                body = Some(value.trim().parse().ok()?);
            } else if name.eq_ignore_ascii_case("connection") {
                closes = value.trim().eq_ignore_ascii_case("close");
            }
        }
        Some(Self {
            status,
            length: bytes.len().saturating_add(HEAD_END.len()),
            body: body?,
            closes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, NoAnswer};

    fn check(text: &str, expected: Result<Option<(u16, usize, usize, bool)>, NoAnswer>) {
        let found = Head::find(text.as_bytes());
        let found = found.map(|head| {
            head.map(
                |Head {
                     status,
                     length,
                     body,
                     closes,
                 }| (status, length, body, closes),
            )
        });
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn an_answer_ends_where_its_length_says() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            Ok(Some((200, 38, 2, false))),
        );
        check(
            "HTTP/1.1 204 No Content\r\n\r\n",
            Ok(Some((204, 27, 0, false))),
        );
        let closing = "HTTP/1.1 503 X\r\nconnection: close\r\ncontent-length:0\r\n\r\n";
        check(closing, Ok(Some((503, 55, 0, true))));
    }

    #[test]
    fn an_unfinished_head_waits_and_a_strange_one_is_refused() {
        check("", Ok(None));
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r", Ok(None));
        check(&"x".repeat(16 * 1_024), Ok(None));
        for strange in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 x\r\n\r\n",
            "SSH-2.0\r\n\r\n",
        ] {
            check(strange, Err(NoAnswer::Unreadable));
        }
        check(&"x".repeat(16 * 1_024 + 1), Err(NoAnswer::Unreadable));
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
            Err(NoAnswer::Unreadable),
        );
    }
}
