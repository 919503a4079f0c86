//! Explanations in Japanese.

use domain::amount::{Amount, Points};
use domain::decide::{Explained, Reason};
use jiff::civil::Date;

use super::fitting;
use crate::language::Language;
use crate::money::{Currency, count};

/// One explanation.
pub(super) fn text(explained: &Explained, currency: &Currency) -> String {
    let money = |amount: Amount| currency.show(amount, Language::Japanese);
    let Some(reason) = explained.reason else {
        return fired(explained, currency);
    };
    let plain = match reason {
        Reason::NoMember => "会員の提示がありません",
        Reason::OutsidePeriod => match explained.next_date {
            Some(next) => return format!("次回は{}", date(next)),
            None => "この企画は終了しました",
        },
        Reason::OutsideHours => match &explained.hours {
            Some(hours) => return format!("{}から{}までの企画です", hours.from, hours.to),
            None => "対象の時間外です",
        },
        Reason::Store => "この店舗は対象外です",
        Reason::Terminal => "このレジは対象外です",
        Reason::Tender => "このお支払い方法は対象外です",
        Reason::Birthday => "お誕生日の前後のみです",
        Reason::NotFirstPurchase => "初回のお買い物のみです",
        Reason::OtherVisit => match explained.visits_to_go {
            Some(1) => "次回のご来店で対象です",
            Some(visits) => return format!("あと{}回のご来店で対象です", count(visits)),
            None => "対象のご来店回数を過ぎました",
        },
        Reason::EnrolledTooLong => match explained.most_days {
            Some(days) => return format!("ご入会から{}日以内のみです", count(days)),
            None => "新しい会員様のみです",
        },
        Reason::VisitedRecently => match explained.next_date {
            Some(next) => return format!("前回のご来店が最近のため、{}から", date(next)),
            None => "前回のご来店が最近です",
        },
        Reason::NoEarlierVisit => "2回目以降のご来店で対象です",
        Reason::Attributes => "対象の会員様ではありません",
        Reason::Rank => "現在の会員ランクは対象外です",
        Reason::NoMatchingLines => "対象の商品がありません",
        Reason::BelowMinimum if explained.next_percent.is_some() => {
            return next_step(explained, currency).unwrap_or_default();
        }
        Reason::BelowMinimum if explained.discount.is_some() => "割引できる金額に届きません",
        Reason::BelowMinimum => match (explained.missing_amount, explained.next_points) {
            (Some(missing), Some(next)) => {
                return format!("あと{}で{}", money(missing), points(next));
            }
            (Some(missing), None) => return format!("あと{}で対象です", money(missing)),
            (None, _) => "ポイントに届きません",
        },
        Reason::BelowQuantity => match explained.missing_quantity {
            Some(missing) => return format!("あと{}点で対象です", count(missing)),
            None => "点数が足りません",
        },
        Reason::NoBasePoints => "加算のもとになるポイントがありません",
        Reason::AnotherRule => "よりお得な企画が適用されました",
        Reason::LimitReached => "上限に達しました",
        Reason::AnotherDiscount => "別の割引が優先されます",
        Reason::NoRank => "割引のあるランクではありません",
    };
    plain.to_owned()
}

fn fired(explained: &Explained, currency: &Currency) -> String {
    if let Some(discount) = explained.discount {
        return discounted(explained, discount, currency);
    }
    let granted = points(explained.points.unwrap_or(Points::ZERO));
    match (explained.times, explained.base_points, explained.amount) {
        (Some(times), Some(base), _) => {
            let long = format!("{}の{times}倍で+{granted}", points(base));
            fitting(long, || format!("{times}倍で+{granted}"))
        }
        (_, _, Some(amount)) => {
            let money = currency.show(amount, Language::Japanese);
            format!("{money}で{granted}")
        }
        _ => granted,
    }
}

fn discounted(explained: &Explained, discount: Amount, currency: &Currency) -> String {
    let money = currency.show(discount, Language::Japanese);
    let short = match explained.percent {
        Some(percent) => format!("{percent}%割引で{money}引き"),
        None => format!("{money}引き"),
    };
    match next_step(explained, currency) {
        Some(next) => fitting(format!("{short}、{next}"), || short),
        None => short,
    }
}

/// What it takes for the next rate.
fn next_step(explained: &Explained, currency: &Currency) -> Option<String> {
    let percent = explained.next_percent?;
    let what = match (explained.missing_amount, explained.visits_to_go) {
        (Some(missing), _) => currency.show(missing, Language::Japanese),
        (None, visits) => format!("{}回のご来店", count(visits?)),
    };
    Some(format!("あと{what}で{percent}%割引"))
}

fn points(points: Points) -> String {
    format!("{}ポイント", count(points.get()))
}

fn date(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}
