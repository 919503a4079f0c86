//! Money as people write it: whole minor units become an amount with its sign, its decimals and
//! its currency.

use domain::amount::Amount;

use crate::language::Language;

/// Currencies without a smaller unit.
const WITHOUT_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Currencies of a thousand smaller units.
const WITH_THREE: &str = "BHD IQD JOD KWD LYD OMR TND";

/// A currency, as far as it has to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Currency {
    code: String,
    decimals: usize,
}

impl Currency {
    /// The currency of this ISO 4217 code.
    pub fn new(code: &str) -> Self {
        let is_of = |codes: &str| codes.split(' ').any(|known| known == code);
        let decimals = if is_of(WITHOUT_DECIMALS) {
            0
        } else if is_of(WITH_THREE) {
            3
        } else {
            2
        };
        Self {
            code: code.to_owned(),
            decimals,
        }
    }

    /// An amount for people.
    pub fn show(&self, amount: Amount, language: Language) -> String {
        let sign = if amount.minor() < 0 { "-" } else { "" };
        let number = self.number(amount);
        match (self.code.as_str(), language) {
            ("JPY", Language::Japanese) => format!("{sign}{number}円"),
            ("JPY", Language::English) => format!("{sign}¥{number}"),
            ("USD", _) => format!("{sign}${number}"),
            ("EUR", _) => format!("{sign}€{number}"),
            ("GBP", _) => format!("{sign}£{number}"),
            (code, _) => format!("{sign}{code} {number}"),
        }
    }

    fn number(&self, amount: Amount) -> String {
        if self.decimals == 0 {
            return grouped(&amount.minor().unsigned_abs().to_string());
        }
        let digits = format!("{:0>1$}", amount.minor().unsigned_abs(), self.decimals + 1);
        let (whole, rest) = digits
            .split_at_checked(digits.len().saturating_sub(self.decimals))
            .unwrap_or((&digits, ""));
        format!("{}.{rest}", grouped(whole))
    }
}

/// A whole number with a comma before every three digits.
pub fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut shown = String::with_capacity(digits.len().saturating_mul(2));
    let (first, mut rest) = digits
        .split_at_checked(digits.len() % 3)
        .unwrap_or((digits, ""));
    shown.push_str(first);
    while let Some((three, others)) = rest.split_at_checked(3) {
        if !shown.is_empty() {
            shown.push(',');
        }
        shown.push_str(three);
        rest = others;
    }
    shown
}

#[cfg(test)]
mod tests {
    use domain::amount::Amount;

    use super::{Currency, count};
    use crate::language::Language::{English, Japanese};

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (code, minor, english, japanese) in [
            ("JPY", 320, "¥320", "320円"),
            ("JPY", 1_234_567, "¥1,234,567", "1,234,567円"),
            ("JPY", -50, "-¥50", "-50円"),
            ("JPY", 0, "¥0", "0円"),
            ("USD", 1_050, "$10.50", "$10.50"),
            ("USD", 5, "$0.05", "$0.05"),
            ("USD", -100_000, "-$1,000.00", "-$1,000.00"),
            ("EUR", 99, "€0.99", "€0.99"),
            ("GBP", 100, "£1.00", "£1.00"),
            ("CHF", 123_456, "CHF 1,234.56", "CHF 1,234.56"),
            ("KWD", 1_234, "KWD 1.234", "KWD 1.234"),
            ("KRW", 1_000, "KRW 1,000", "KRW 1,000"),
        ] {
            let (currency, amount) = (Currency::new(code), Amount::new(minor));
            assert_eq!(currency.show(amount, English), english);
            assert_eq!(currency.show(amount, Japanese), japanese);
        }
        assert_eq!(count(-1_000), "-1,000");
        assert_eq!(count(999), "999");
        assert_eq!(count(i64::MIN), "-9,223,372,036,854,775,808");
    }
}
