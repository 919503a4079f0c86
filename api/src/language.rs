//! In which language people are told things: chosen by the caller for each request, never stored.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder};

use crate::problem::Problem;

/// The quality of what is named without one, in thousandths.
const FULL_QUALITY: u16 = 1_000;

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// For everyone who does not ask for another.
    #[default]
    English,
    /// 日本語
    Japanese,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The tag in `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// Names the language of an answer, and that another caller may get another one.
    pub(crate) fn name_in(self, response: &mut HttpResponseBuilder) {
        response
            .insert_header(("Content-Language", self.tag()))
            .append_header(("Vary", "Accept-Language"));
    }

    /// The best of ours for `Accept-Language` (RFC 9110): the highest quality, ties to the one
    /// named first. What can't be read is passed over.
    fn wanted(header: &str) -> Self {
        let ranges: Vec<(&str, u16)> = header.split(',').filter_map(range).collect();
        let mut best = (Self::default(), 0);
        let named = ranges.iter().flat_map(|(tag, _)| {
            let fits = move |language: &Self| language.fits(tag);
            Self::ALL.into_iter().filter(fits)
        });
        let any = Self::ALL.into_iter();
        for language in named.chain(any) {
            let own = ranges
                .iter()
                .find(|(tag, _)| *tag != "*" && language.fits(tag));
            let others = || ranges.iter().find(|(tag, _)| *tag == "*");
            let quality = own.or_else(others).map_or(0, |(_, quality)| *quality);
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }

    fn fits(self, tag: &str) -> bool {
        let primary = tag.split('-').next().unwrap_or_default();
        primary.eq_ignore_ascii_case(self.tag())
    }
}

/// A language range and its quality in thousandths.
fn range(part: &str) -> Option<(&str, u16)> {
    let (tag, quality) = match part.split_once(';') {
        None => (part, Some(FULL_QUALITY)),
        Some((tag, weight)) => {
            let weight = weight.trim();
            let weight = weight
                .strip_prefix("q=")
                .or_else(|| weight.strip_prefix("Q="))?;
            (tag, thousandths(weight.trim()))
        }
    };
    let tag = tag.trim();
    (!tag.is_empty()).then_some((tag, quality?))
}

fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_plain = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || !matches!(whole, "0" | "1") {
        return None;
    }
    let quality = format!("{whole}{decimals:0<3}").parse().ok()?;
    (quality <= FULL_QUALITY).then_some(quality)
}

impl FromRequest for Language {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let values = request.headers().get_all(ACCEPT_LANGUAGE);
        let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        ready(Ok(Self::wanted(&texts.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, Japanese};

    #[test]
    fn the_best_quality_wins_and_english_stands_in() {
        for (header, expected) in [
            ("", English),
            ("ja", Japanese),
            ("JA-jp", Japanese),
            ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", Japanese),
            ("en-US,en;q=0.9,ja;q=0.8", English),
            ("fr-FR, ja;q=0.5", Japanese),
            ("fr", English),
            ("*", English),
            ("*;q=0.5, ja;q=0.4", English),
            ("en;q=0.5, *", Japanese),
            ("ja;q=0", English),
            ("ja;q=0, *", English),
            ("en;q=0, *;q=0.1", Japanese),
            ("ja, en", Japanese),
            ("en, ja", English),
            ("ja;q=0.801, en;q=0.8", Japanese),
            ("ja ; q=1.000 , en;q=0.9", Japanese),
            ("jam", English),
            ("ja;q=2", English),
            ("ja;q=0.1234", English),
            ("ja;level=1", English),
            (",,;;ja", English),
        ] {
            assert_eq!(Language::wanted(header), expected, "{header}");
        }
    }
}
