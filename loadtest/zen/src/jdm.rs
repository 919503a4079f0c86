//! The program of the benchmark as decisions of zen-engine, compiled before anything is measured:
//! once as its editor would have it, with a table for each kind of rule, and once with expressions
//! alone, which spare it the tables. What lines come to is added up once for all rules.

use crate::Failure;
use serde_json::{Map, Value, json};
use zen_engine::Decision;
use zen_engine::model::GraphContent;

/// What the lines of a receipt come to, by what rules look at.
const SUMS: [(&str, &str); 13] = [
    ("gross", "sum(map(lines, #.amount))"),
    (
        "total",
        "sum(map(lines, startsWith(#.category, 'services/') ? 0 : #.amount))",
    ),
    (
        "food",
        "sum(map(lines, startsWith(#.category, 'food/') ? #.amount : 0))",
    ),
    (
        "drinks",
        "sum(map(lines, startsWith(#.category, 'drinks/') ? #.quantity : 0))",
    ),
    (
        "drinks_amount",
        "sum(map(lines, startsWith(#.category, 'drinks/') ? #.amount : 0))",
    ),
    (
        "partner",
        "sum(map(lines, #.sku in ['sku-003', 'sku-017', 'sku-031', 'sku-045', 'sku-059'] \
            and not startsWith(#.category, 'services/') ? #.quantity : 0))",
    ),
    (
        "household",
        "sum(map(lines, startsWith(#.category, 'household/') ? #.amount : 0))",
    ),
    (
        "beauty",
        "sum(map(lines, startsWith(#.category, 'beauty/') ? #.amount : 0))",
    ),
    ("hundreds", "floor($.total / 100)"),
    ("five_hundreds", "floor($.total / 500)"),
    (
        "climbing",
        "floor($.gross * (year_spend >= 300000 ? 3 : year_spend >= 100000 ? 1 : 0) / 100)",
    ),
    (
        "of_rank",
        "floor($.gross * (rank == 'gold' ? 5 : rank == 'silver' ? 2 : 0) / 100)",
    ),
    (
        "discount",
        "max([$.climbing, $.of_rank]) \
            + (weekday in ['wed', 'thu'] ? floor($.drinks_amount / 10) : 0)",
    ),
];

/// What a rank adds to stamps; the same rule adds to points.
pub(crate) const RANK_STAMPS: &str = "rank:members/stamps";

/// A rule: its code, its condition as cells of a table and as an expression, and its points.
struct Rule {
    code: &'static str,
    cells: &'static [(&'static str, &'static str)],
    when: &'static str,
    points: &'static str,
}

const fn rule(
    code: &'static str,
    cells: &'static [(&'static str, &'static str)],
    when: &'static str,
    points: &'static str,
) -> Rule {
    Rule {
        code,
        cells,
        when,
        points,
    }
}

/// Base points, all but the last into `points`.
const RULES: [Rule; 10] = [
    rule("base", &[], "", "hundreds"),
    rule("food", &[], "", "floor(food / 200)"),
    rule("drinks", &[("drinks", ">= 3")], "drinks >= 3", "drinks * 2"),
    rule("partner-goods", &[], "", "partner * 5"),
    rule(
        "visit",
        &[
            ("weekday", "'mon', 'tue', 'wed', 'thu'"),
            ("store", "'shibuya', 'ueno'"),
            ("used.visit.times", "< 1"),
        ],
        "weekday in ['mon', 'tue', 'wed', 'thu'] and store in ['shibuya', 'ueno'] and used.visit.times < 1",
        "10",
    ),
    rule(
        "big-basket",
        &[("total", ">= 8000")],
        "total >= 8000",
        "max([0, min([50, 200 - used.big_basket.points])])",
    ),
    rule(
        "basket-steps",
        &[],
        "",
        "floor(min([total, 5000]) / 1000) + 2 * floor(max([0, min([total, 10000]) - 5000]) / 1000) \
            + 3 * floor(max([0, total - 10000]) / 1000)",
    ),
    rule(
        "month-steps",
        &[("month_spend", ">= 30000")],
        "month_spend >= 30000",
        "month_spend >= 100000 ? five_hundreds * 2 : five_hundreds",
    ),
    rule(
        "house-card",
        &[("brand", "'house card'"), ("rank", "'silver', 'gold'")],
        "brand == 'house card' and rank in ['silver', 'gold']",
        "floor(total / 200)",
    ),
    rule(
        "stamp",
        &[("total", ">= 1000")],
        "total >= 1000",
        "max([0, min([1, 1 - used.stamp.points])])",
    ),
];

/// What adds to the `base` points.
const BONUSES: [Rule; 8] = [
    rule(
        "rank:members",
        &[("rank", "'silver', 'gold'")],
        "rank in ['silver', 'gold']",
        "rank == 'gold' ? base : floor(base / 2)",
    ),
    rule(
        RANK_STAMPS,
        &[("rank", "'silver', 'gold'")],
        "rank in ['silver', 'gold']",
        "rank == 'gold' ? stamp : floor(stamp / 2)",
    ),
    rule(
        "five-days",
        &[("day", "5, 15, 25")],
        "day in [5, 15, 25]",
        "base * 4",
    ),
    rule(
        "evening-food",
        &[("hour", "[17..20)")],
        "hour >= 17 and hour < 20",
        "floor((floor(food / 100) + floor(food / 200)) / 2)",
    ),
    rule(
        "birthday",
        &[("birthday", "true")],
        "birthday",
        "max([0, min([base, 500 - used.birthday.points])])",
    ),
    rule("beauty", &[], "", "floor(beauty / 100)"),
    rule(
        "thank-you",
        &[
            ("total", ">= 10000"),
            ("base", "> 0"),
            ("used.thank_you.times", "< 2"),
        ],
        "total >= 10000 and base > 0 and used.thank_you.times < 2",
        "max([0, min([100, 1000000 - thank_you_budget])])",
    ),
    rule(
        "household",
        &[("date", "1111, 1122"), ("base", "> 0")],
        "date in [1111, 1122] and base > 0",
        "floor(household / 1000) * 10",
    ),
];

/// With a table for the rules and one for the bonuses.
pub(crate) fn tables() -> Result<Decision, Failure> {
    let base = [
        (
            "base",
            "sum(map(filter(rules, #.rule != 'stamp'), #.points))",
        ),
        (
            "stamp",
            "sum(map(filter(rules, #.rule == 'stamp'), #.points))",
        ),
    ];
    let result = [
        (
            "points",
            "min([20000, base \
                + sum(map(filter(bonuses, #.rule != 'rank:members/stamps'), #.points))])",
        ),
        (
            "stamps",
            "stamp + sum(map(filter(bonuses, #.rule == 'rank:members/stamps'), #.points))",
        ),
        ("discount", "discount"),
        ("rules", "rules"),
        ("bonuses", "bonuses"),
    ];
    graph(&[
        expressions_of(&SUMS, true),
        table(&RULES, "rules"),
        expressions_of(&base, true),
        table(&BONUSES, "bonuses"),
        expressions_of(&result, false),
    ])
}

/// With one expression for each rule.
pub(crate) fn expressions() -> Result<Decision, Failure> {
    let name = |code: &str| code.replace(['-', ':', '/'], "_");
    let points = |rule: &Rule| match rule.when {
        "" => rule.points.to_owned(),
        when => format!("({when}) ? ({}) : 0", rule.points),
    };
    let named = |rule: &Rule| (format!("r_{}", name(rule.code)), points(rule));
    let sum = |rules: &[Rule]| {
        let names = rules.iter().map(|rule| format!("r_{}", name(rule.code)));
        names.collect::<Vec<_>>().join(" + ")
    };
    let list = |rules: &[Rule]| {
        let award =
            |rule: &Rule| format!("{{rule: '{}', points: r_{}}}", rule.code, name(rule.code));
        let awards: Vec<String> = rules.iter().map(award).collect();
        format!("[{}]", awards.join(", "))
    };
    let earning: Vec<_> = RULES.iter().map(named).collect();
    let [into_points @ .., _stamp] = &RULES;
    let base = [
        ("base".to_owned(), sum(into_points)),
        ("stamp".to_owned(), "r_stamp".to_owned()),
    ];
    let bonuses: Vec<_> = BONUSES.iter().map(named).collect();
    let [rank_points, rank_stamps, others @ ..] = &BONUSES;
    let into_points = format!(
        "{} + {}",
        sum(std::slice::from_ref(rank_points)),
        sum(others)
    );
    let result = [
        (
            "points".to_owned(),
            format!("min([20000, base + {into_points}])"),
        ),
        (
            "stamps".to_owned(),
            format!("stamp + {}", sum(std::slice::from_ref(rank_stamps))),
        ),
        ("discount".to_owned(), "discount".to_owned()),
        ("rules".to_owned(), list(&RULES)),
        ("bonuses".to_owned(), list(&BONUSES)),
    ];
    graph(&[
        expressions_of(&SUMS, true),
        expressions_of(&earning, true),
        expressions_of(&base, true),
        expressions_of(&bonuses, true),
        expressions_of(&result, false),
    ])
}

/// The nodes one after the other, compiled.
fn graph(contents: &[(&str, Value)]) -> Result<Decision, Failure> {
    let mut nodes = vec![json!({"id": "0", "name": "in", "type": "inputNode", "content": {}})];
    for (kind, content) in contents {
        let id = nodes.len().to_string();
        nodes.push(json!({"id": id, "name": id, "type": kind, "content": content}));
    }
    let id = nodes.len().to_string();
    nodes.push(json!({"id": id, "name": "out", "type": "outputNode", "content": {}}));
    let edge = |target: usize| {
        let source = (target - 1).to_string();
        json!({"id": format!("to-{target}"), "sourceId": source, "targetId": target.to_string()})
    };
    let edges: Vec<Value> = (1..nodes.len()).map(edge).collect();
    let content: GraphContent = serde_json::from_value(json!({"nodes": nodes, "edges": edges}))?;
    let mut decision = Decision::from(content);
    decision.validate().map_err(|error| error.to_string())?;
    decision.compile();
    Ok(decision)
}

fn expressions_of<T: AsRef<str>>(expressions: &[(T, T)], is_open: bool) -> (&'static str, Value) {
    let expression = |(key, value): &(T, T)| {
        let (key, value) = (key.as_ref(), value.as_ref());
        json!({"id": key, "key": key, "value": value})
    };
    let expressions: Vec<Value> = expressions.iter().map(expression).collect();
    let content = json!({"expressions": expressions, "passThrough": is_open});
    ("expressionNode", content)
}

fn table(rules: &[Rule], path: &str) -> (&'static str, Value) {
    let mut fields: Vec<&str> = Vec::new();
    for (field, _) in rules.iter().flat_map(|rule| rule.cells) {
        if !fields.contains(field) {
            fields.push(field);
        }
    }
    let column = |field: &&str| json!({"id": format!("in-{field}"), "name": field, "field": field});
    let row = |rule: &Rule| {
        let mut row = Map::new();
        row.insert("_id".to_owned(), rule.code.into());
        for (field, cell) in rule.cells {
            row.insert(format!("in-{field}"), (*cell).into());
        }
        row.insert("rule".to_owned(), format!("'{}'", rule.code).into());
        row.insert("points".to_owned(), rule.points.into());
        Value::Object(row)
    };
    let content = json!({
        "hitPolicy": "collect",
        "inputs": fields.iter().map(column).collect::<Vec<_>>(),
        "outputs": [
            {"id": "rule", "name": "rule", "field": "rule"},
            {"id": "points", "name": "points", "field": "points"},
        ],
        "rules": rules.iter().map(row).collect::<Vec<_>>(),
        "passThrough": true,
        "outputPath": path,
    });
    ("decisionTableNode", content)
}
