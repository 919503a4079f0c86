//! What shop managers call the parts and fields of a program.

use crate::language::Language;

/// Lists of parts: the field, one of them in English, one of them in Japanese.
const PARTS: &[(&str, &str, &str)] = &[
    ("wallets", "Wallet", "ウォレット"),
    ("earn_rules", "Earn rule", "付与ルール"),
    ("bonuses", "Bonus", "ボーナス"),
    ("discounts", "Discount", "割引"),
    ("member_prices", "Member price", "会員価格"),
    ("ranks", "Rank ladder", "ランク制度"),
    ("rewards", "Reward", "特典"),
    ("donations", "Donation", "寄付"),
    ("earning", "Earning", "付与の設定"),
    ("returns", "Returns", "返品の設定"),
];

/// Lists within a part, likewise.
const INNER_PARTS: &[(&str, &str, &str)] = &[
    ("steps", "rank", "ランク"),
    ("beneficiaries", "beneficiary", "寄付先"),
];

/// Fields in English and Japanese.
const FIELDS: &[(&str, &str, &str)] = &[
    ("name", "name", "名称"),
    ("wallet", "wallet", "ウォレット"),
    ("award", "award", "付与"),
    ("effect", "effect", "効果"),
    ("expiry", "expiry", "有効期限"),
    ("activation", "activation", "利用開始"),
    ("limits", "limits", "上限"),
    ("max_balance", "largest balance", "残高の上限"),
    ("on_shortage", "on shortage", "ポイント不足時"),
    ("value_per_point", "value of a point", "1ポイントの価値"),
    ("minimum", "fewest points to pay", "最低利用ポイント"),
    ("step", "step of points to pay", "利用単位"),
    (
        "max_percent",
        "largest share paid in points (%)",
        "利用上限(%)",
    ),
    ("over", "when too much is asked", "上限を超えたとき"),
    ("exclude", "goods left out", "対象外の商品"),
    ("combine", "combination", "組み合わせ"),
    (
        "bonus_combine",
        "combination of bonuses",
        "ボーナスの組み合わせ",
    ),
    ("multiply", "multiplication", "倍率の計算"),
    ("rounding", "rounding", "端数処理"),
    ("granularity", "unit of reckoning", "計算単位"),
    ("tax", "tax", "税"),
    ("after_discounts", "after discounts", "割引後で計算"),
    (
        "after_points_paid",
        "after points paid",
        "ポイント利用後で計算",
    ),
    ("exclusive", "exclusive", "排他"),
    ("priority", "priority", "優先度"),
    ("rules", "only for", "対象ルール"),
    (
        "needs_base_points",
        "needs base points",
        "基本ポイントが必要",
    ),
    ("from", "first day", "開始日"),
    ("to", "last day", "終了日"),
    ("weekdays", "weekdays", "曜日"),
    ("days_of_month", "days of the month", "毎月の日"),
    ("dates", "dates", "日付"),
    ("hours", "hours", "時間帯"),
    ("rrule", "repeating time", "繰り返し"),
    ("stores", "stores", "店舗"),
    ("terminals", "tills", "レジ"),
    ("tenders", "payment", "支払い方法"),
    ("categories", "categories", "カテゴリー"),
    ("skus", "articles", "商品"),
    ("departments", "departments", "部門"),
    ("minimum_amount", "minimum amount", "最低金額"),
    ("minimum_quantity", "minimum quantity", "最低点数"),
    ("birthday", "birthday", "誕生日"),
    ("first_purchase", "only first purchase", "初回のみ"),
    ("nth_visit", "visit number", "来店回数"),
    (
        "days_since_enrolment_max",
        "days since joining, at most",
        "入会からの日数(以内)",
    ),
    (
        "days_since_last_visit_min",
        "days since last visit, at least",
        "前回来店からの日数(以上)",
    ),
    ("mode", "mode", "方式"),
    ("restore_to", "points come back to", "戻し先"),
    ("grace_days", "grace days", "猶予日数"),
    ("review_rank", "ranks follow", "ランクの見直し"),
    ("ranks", "ranks", "ランク"),
    ("type", "kind", "種類"),
    ("metric", "measure", "基準"),
    ("window", "period counted", "集計期間"),
    ("tiers", "rates", "段階別の割引率"),
    ("refresh", "refresh of the rate", "割引率の更新"),
    ("stacking", "stacking", "他の割引との併用"),
    ("base", "base", "割引の対象"),
    ("cap", "largest discount", "割引の上限"),
    ("percent", "percentage", "率"),
    ("amount", "amount off", "割引額"),
    ("price", "price", "価格"),
    ("ladder", "rank ladder", "ランク制度"),
    ("upgrade", "upgrade", "ランクアップ"),
    ("applies", "start of benefits", "特典の開始"),
    ("downgrade", "downgrade", "ランクダウン"),
    ("threshold", "threshold", "条件"),
    ("earn_multiplier", "points multiplier", "ポイント倍率"),
    ("discount_percent", "discount", "割引率"),
];

const WEEKDAYS: &[(&str, &str, &str)] = &[
    ("mon", "Mon", "月"),
    ("tue", "Tue", "火"),
    ("wed", "Wed", "水"),
    ("thu", "Thu", "木"),
    ("fri", "Fri", "金"),
    ("sat", "Sat", "土"),
    ("sun", "Sun", "日"),
];

/// What limits count over.
const SPANS: &[(&str, &str, &str)] = &[
    ("receipt", "per receipt", "1会計"),
    ("member_day", "per member and day", "会員1日"),
    ("member_week", "per member and week", "会員1週間"),
    ("member_month", "per member and month", "会員1か月"),
    ("member_year", "per member and year", "会員1年"),
    ("member", "per member", "会員"),
    ("campaign", "for all members together", "全会員合計"),
];

/// Choices, by the word in the document.
const CHOICES: &[(&str, &str, &str)] = &[
    ("floor", "down", "切り捨て"),
    ("half_up", "to the nearest", "四捨五入"),
    ("half_even", "to the nearest, halves to even", "偶数丸め"),
    ("ceil", "up", "切り上げ"),
    ("sum", "all add up", "合計"),
    ("best", "the best one", "最も有利なもの"),
    ("first", "the first one", "最初のもの"),
    ("newest", "the newest one", "最新のもの"),
    ("stack_sum", "each adds its own", "それぞれ加算"),
    ("stack_product", "multiplied together", "掛け合わせ"),
    ("rule", "the receipt", "会計"),
    ("line", "each line", "明細行"),
    ("unit", "each piece", "1点"),
    ("tax_rate", "each tax rate", "税率"),
    ("included", "included", "税込"),
    ("excluded", "excluded", "税抜"),
    ("rounded", "on whole points", "端数処理後"),
    ("exact", "before rounding", "端数処理前"),
    ("negative", "goes below zero", "マイナスにする"),
    ("clamp", "as far as possible", "可能な範囲まで"),
    ("refuse", "refused", "拒否"),
    ("recompute", "reckoned again", "再計算"),
    ("prorate", "in proportion", "按分"),
    ("original_lot", "where they came from", "元のポイント"),
    ("new_lot", "new points", "新しいポイント"),
    ("progressive", "climbing percentage", "段階割引"),
    ("rank", "by rank", "ランク別割引"),
    ("percent", "percentage", "定率割引"),
    ("fixed", "fixed amount", "定額割引"),
    ("spend", "spend", "累計金額"),
    ("gross_spend", "spend before discounts", "割引前の累計金額"),
    ("visits", "visits", "来店回数"),
    ("points_earned", "points earned", "獲得ポイント"),
    ("whole", "one rate for everything", "全体に適用"),
    ("marginal", "each part at its own rate", "区間ごとに適用"),
    ("daily", "once a day", "1日ごと"),
    ("immediate", "at once", "即時"),
    ("all", "together with others", "併用する"),
    ("exclusive", "alone", "併用しない"),
    (
        "discounted",
        "the price after earlier discounts",
        "先の割引後の価格",
    ),
    ("initial", "the price before discounts", "割引前の価格"),
    ("next_day", "on the next day", "翌日"),
    ("period_end", "at the end of the period", "期間の終わり"),
    ("next_receipt", "with the next receipt", "次の会計から"),
    ("at_once", "with the same receipt", "その会計から"),
];

/// Times that are looked back on, without a number.
const WINDOWS: &[(&str, &str, &str)] = &[
    ("lifetime", "all time", "全期間"),
    ("calendar_month", "the calendar month", "暦月"),
    ("calendar_quarter", "the calendar quarter", "暦の四半期"),
    ("calendar_half", "the calendar half-year", "暦の半期"),
    ("calendar_year", "the calendar year", "暦年"),
    (
        "anniversary_year",
        "the year of membership",
        "入会日からの1年ごと",
    ),
    ("since_enrolment", "since enrolment", "入会以来"),
];

/// When ranks are looked at again.
const REVIEWS: &[(&str, &str, &str)] = &[
    ("never", "never", "なし"),
    ("rolling", "every day", "毎日"),
    ("month_start", "on the first of each month", "毎月1日"),
    (
        "anniversary",
        "each year on the day of enrolment",
        "毎年の入会日",
    ),
];

/// How far members fall.
const FALLS: &[(&str, &str, &str)] = &[
    (
        "full",
        "straight to the rank earned",
        "実績どおりのランクまで",
    ),
    ("one", "one rank at a time", "1段階ずつ"),
];

fn find<'t>(
    table: &[(&str, &'static str, &'static str)],
    name: &'t str,
    language: Language,
) -> &'t str {
    let found = table.iter().find(|(own, _, _)| *own == name);
    found.map_or(name, |(_, english, japanese)| match language {
        Language::English => english,
        Language::Japanese => japanese,
    })
}

/// What a part is called; its own name when nobody named it.
pub(super) fn part(name: &str, language: Language) -> &str {
    find(PARTS, name, language)
}

/// What an entry of a list within a part is called.
pub(super) fn inner_part(list: &str, language: Language) -> &str {
    find(INNER_PARTS, list, language)
}

/// What a field is called.
pub(super) fn field(name: &str, language: Language) -> &str {
    find(FIELDS, name, language)
}

/// A weekday.
pub(super) fn weekday(name: &str, language: Language) -> &str {
    find(WEEKDAYS, name, language)
}

/// What a limit counts over.
pub(super) fn span(name: &str, language: Language) -> &str {
    find(SPANS, name, language)
}

/// A choice among named ways.
pub(super) fn choice(name: &str, language: Language) -> &str {
    find(CHOICES, name, language)
}

/// A time that is looked back on.
pub(super) fn window(name: &str, language: Language) -> &str {
    find(WINDOWS, name, language)
}

/// When ranks are looked at again.
pub(super) fn review(name: &str, language: Language) -> &str {
    find(REVIEWS, name, language)
}

/// How far members fall.
pub(super) fn fall(name: &str, language: Language) -> &str {
    find(FALLS, name, language)
}
