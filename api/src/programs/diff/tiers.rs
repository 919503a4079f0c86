//! Rates that climb with what was bought, with visits or with the rank: points and percentages.

use serde_json::{Value, json};

use super::describe::plain;
use super::measure::metric_of;
use super::words::Words;

impl Words {
    /// An award by tiers.
    pub(super) fn award_tiers(&self, award: &Value) -> String {
        let by = plain(award, "by");
        let tiers = award.get("tiers").and_then(Value::as_array);
        let tiers = tiers.map_or_else(String::new, |tiers| {
            self.joined(tiers, |tier| self.award_tier(&by, tier))
        });
        let window = award.get("window");
        let by = match by.as_str() {
            "receipt_amount" => self.say("by receipt".to_owned(), || "会計金額別".to_owned()),
            "rank" => self.say("by rank".to_owned(), || "ランク別".to_owned()),
            "period_visits" => self.by("visits", window),
            "lifetime_spend" => self.by("spend", Some(&json!({"type": "lifetime"}))),
            _ => self.by("spend", window),
        };
        let mut said = vec![by];
        if plain(award, "mode") == "marginal" {
            said.push(self.text("mode", award.get("mode")));
        }
        if award.get("includes_this_receipt") == Some(&Value::Bool(true)) {
            said.push(self.say("with this receipt".to_owned(), || {
                "今回の会計を含む".to_owned()
            }));
        }
        format!("{}: {tiers}", said.join(self.separator()))
    }

    fn award_tier(&self, by: &str, tier: &Value) -> String {
        let rate = self.rate(tier);
        let from = tier.get("from");
        let metric = match by {
            "rank" => return self.tier_of_rank(from, &rate),
            "period_visits" => "visits",
            _ => "spend",
        };
        let from = self.reached(metric, from);
        self.say(format!("from {from} {rate}"), || {
            format!("{from}から{rate}")
        })
    }

    /// The lowest tier is for whoever has none of the ranks.
    fn tier_of_rank(&self, from: Option<&Value>, rate: &str) -> String {
        match from.and_then(Value::as_str) {
            Some(rank) => self.say(format!("from {rank} {rate}"), || {
                format!("{rank}以上は{rate}")
            }),
            None => self.say(format!("everyone {rate}"), || format!("全員は{rate}")),
        }
    }

    /// The percentages of a discount that climbs.
    pub(super) fn discount_tiers(&self, tiers: &Value, discount: Option<&Value>) -> String {
        let metric = metric_of(discount);
        let tier = |tier: &Value| {
            let percent = plain(tier, "percent");
            let from = self.reached(metric, tier.get("from"));
            self.say(format!("{percent}% from {from}"), || {
                format!("{from}から{percent}%")
            })
        };
        let tiers = tiers.as_array();
        tiers.map_or_else(String::new, |tiers| self.joined(tiers, tier))
    }
}
