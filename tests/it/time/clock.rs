//! The clock of a sandbox tenant: set, stopped, moved, and what is done on the way.

use serde_json::json;

use super::{balance, buy, enrol, program, sandbox, set_clock, statement};
use crate::harness::tenant::unique;
use crate::harness::{TestTenant, block_on};

#[test]
fn a_clock_is_set_once_to_anything_and_then_only_goes_forward() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let now = |now: &str| json!({"now": now});
        let first = now("2017-01-01T00:00:00Z");
        let live = tenant.api.post("/v1/test-clock", &first).await;
        assert_eq!(live.expect(403).code(), "sandbox_only");
        let api = &tenant.sandbox;
        for (body, pointer) in [
            (json!({}), "/now"),
            (json!({"now": "yesterday"}), "/now"),
            (json!({"now": 5}), "/now"),
            (json!({"now": "2017-01-01T00:00:00Z", "then": 1}), "/then"),
        ] {
            let refused = api.post("/v1/test-clock", &body).await.expect(422);
            assert_eq!(refused.faults()[0].0, pointer, "{body}");
        }
        let first = set_clock(api, "2017-01-01T00:00:00Z").await.json;
        assert_eq!(first, json!({"now": "2017-01-01T00:00:00Z", "jobs_run": 0}));
        let equal = set_clock(api, "2017-01-01T09:00:00+09:00").await.json;
        assert_eq!(equal["jobs_run"], 0);
        let earlier = now("2016-12-31T23:59:59.999999Z");
        let refused = api.post("/v1/test-clock", &earlier).await.expect(409);
        assert_eq!(refused.code(), "clock_backwards");
        set_clock(api, "2017-01-01T00:00:00.000001Z").await;
    });
}

#[test]
fn the_clock_is_the_time_of_everything_that_is_recorded() {
    block_on(async {
        let start = "2017-03-01T00:00:00Z";
        let api = sandbox(&program(json!({})), start).await;
        let member = api.post("/v1/members", &json!({})).await.expect(201).json;
        assert_eq!(member["enrolled_at"], start);
        let member = member["id"].as_str().unwrap().to_owned();
        let bought = buy(&api, &member, 1_000, start).await;
        assert_eq!(bought["recorded_at"], start);
        let ahead = json!({
            "store": "shibuya", "receipt_number": "ahead", "occurred_at": "2017-03-01T00:05:00.000001Z",
            "member": {"id": member}, "lines": [{"amount": 100}]
        });
        let refused = api
            .keyed("/v1/purchases", "ahead", &ahead)
            .await
            .expect(422);
        assert_eq!(refused.code(), "occurred_in_future");
        set_clock(&api, "2017-03-01T00:00:00.000001Z").await;
        api.keyed("/v1/purchases", "ahead", &ahead)
            .await
            .expect(201);
        let program = api.get("/v1/program").await.expect(200);
        assert_eq!(program.json["effective_from"], start);
    });
}

#[test]
fn points_wait_become_spendable_and_end_as_the_days_go_by() {
    block_on(async {
        let wallet = json!({
            "activation": {"type": "after_days", "days": 14},
            "expiry": {"type": "after", "days": 30},
        });
        // 5 in the morning in Tokyo is 20:00 of the day before in UTC.
        let api = sandbox(&program(wallet), "2026-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        buy(&api, &member, 1_000, "2026-03-01T03:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (0, 10));
        set_clock(&api, "2026-03-14T19:59:59.999999Z").await;
        assert_eq!(balance(&api, &member).await, (0, 10));
        let moved = set_clock(&api, "2026-03-14T20:00:00Z").await.json;
        assert_eq!(moved["jobs_run"], 2);
        assert_eq!(balance(&api, &member).await, (10, 0));
        let path = format!("/v1/members/{member}/expirations");
        let ends = api.get(&path).await.expect(200).json["data"].clone();
        assert_eq!(ends[0]["expires_at"], "2026-04-14T20:00:00Z");
        assert_eq!(ends[0]["points"], 10);
        // A year on one day's work: the points end when they end, not when the clock arrives.
        let moved = set_clock(&api, "2027-03-14T20:00:00Z").await.json;
        assert_eq!(moved["jobs_run"], 2);
        assert_eq!(balance(&api, &member).await, (0, 0));
        let statement = api.get(&format!("/v1/members/{member}/transactions")).await;
        let statement = statement.expect(200).json["data"].clone();
        let line = |index: usize| {
            let entry = &statement[index];
            (
                entry["type"].clone(),
                entry["points"].clone(),
                entry["recorded_at"].clone(),
            )
        };
        assert_eq!(
            line(0),
            (json!("expire"), json!(-10), json!("2026-04-14T20:00:00Z"))
        );
        assert_eq!(
            line(1),
            (json!("activate"), json!(10), json!("2026-03-14T20:00:00Z"))
        );
        assert_eq!(line(2).0, "purchase");
        assert_eq!(api.get(&path).await.expect(200).json["data"], json!([]));
    });
}

#[test]
fn every_lot_ends_on_its_own_day_in_the_order_of_time() {
    block_on(async {
        let wallet = json!({"expiry": {"type": "after", "days": 1}});
        let api = sandbox(&program(wallet), "2026-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        for (day, amount) in [(1, 100), (2, 200), (4, 400)] {
            let now = format!("2026-03-0{day}T03:00:00Z");
            set_clock(&api, &now).await;
            buy(&api, &member, amount, &now).await;
        }
        // Each day's receipt is recorded with what ended before it gone: on the third both lots are.
        let line = |kind: &str, points: i64| (kind.to_owned(), points);
        let expected = [
            line("purchase", 4),
            line("expire", -2),
            line("expire", -1),
            line("purchase", 2),
            line("purchase", 1),
        ];
        assert_eq!(statement(&api, &member).await, expected);
    });
}

#[test]
fn an_event_is_reported_once_per_key_and_refused_when_too_late() {
    block_on(async {
        let wallet = json!({
            "activation": {"type": "on_event", "event": "delivered", "cancel_after_days": 10},
        });
        let api = sandbox(&program(wallet), "2026-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        let first = buy(&api, &member, 1_000, "2026-03-01T03:00:00Z").await;
        let second = buy(&api, &member, 2_000, "2026-03-01T03:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (0, 30));
        let path = |purchase: &serde_json::Value| {
            format!("/v1/purchases/{}/events", purchase["id"].as_str().unwrap())
        };
        let delivered = json!({"event": "delivered"});
        let key = unique();
        let told = api.keyed(&path(&first), &key, &delivered).await.expect(200);
        assert_eq!(told.json["purchase_id"], first["id"]);
        assert_eq!(told.json["activated"][0]["points"], 10);
        assert_eq!(told.json["balances"][0]["available"], 10);
        assert_eq!(told.json["balances"][0]["pending"], 20);
        assert_eq!(told.json["version"], 3);
        let again = api.keyed(&path(&first), &key, &delivered).await.expect(200);
        assert_eq!(again.body, told.body);
        assert_eq!(again.header("idempotent-replayed"), "true");
        let other = api.keyed(&path(&second), &key, &delivered).await;
        assert_eq!(other.expect(422).code(), "idempotency_key_reused");
        let bare = api.post(&path(&first), &delivered).await;
        assert_eq!(bare.expect(400).code(), "idempotency_key_required");
        for (body, pointer) in [
            (json!({}), "/event"),
            (json!({"event": ""}), "/event"),
            (json!({"event": "x".repeat(201)}), "/event"),
            (
                json!({"event": "delivered", "occurred_at": "2026-03-01T02:59:59Z"}),
                "/occurred_at",
            ),
        ] {
            let refused = api.keyed(&path(&second), &unique(), &body).await;
            assert_eq!(refused.expect(422).faults()[0].0, pointer, "{body}");
        }
        let longest = json!({"event": "x".repeat(200)});
        let noted = api
            .keyed(&path(&second), &unique(), &longest)
            .await
            .expect(200);
        assert_eq!(noted.json["activated"], json!([]));
        // The last day is 11 March; it ends at 20:00 UTC.
        set_clock(&api, "2026-03-11T20:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (10, 0));
        let late = unique();
        for _ in 0..2 {
            let refused = api.keyed(&path(&second), &late, &delivered).await;
            assert_eq!(refused.expect(409).code(), "award_cancelled");
        }
    });
}

#[test]
fn hot_balances_do_not_survive_a_move_of_the_clock() {
    block_on(async {
        let wallet = json!({"expiry": {"type": "after", "days": 30}});
        let api = sandbox(&program(wallet), "2036-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        buy(&api, &member, 1_000, "2036-03-01T03:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (10, 0));
        set_clock(&api, "2036-06-01T00:00:00Z").await;
        assert_eq!(balance(&api, &member).await, (0, 0));
    });
}

#[test]
fn nothing_is_published_behind_what_a_clock_ahead_of_time_has_recorded() {
    block_on(async {
        let api = sandbox(&program(json!({})), "2036-03-01T03:00:00Z").await;
        let member = enrol(&api).await;
        set_clock(&api, "2036-03-02T03:00:00Z").await;
        buy(&api, &member, 1_000, "2036-03-01T12:00:00Z").await;
        let from = |from: &str| json!({"effective_from": from});
        let back = |from: &str| json!({"version": 1, "effective_from": from});
        for (path, behind) in [
            ("publish", from("2036-03-01T03:00:00Z")),
            ("publish", from("2036-03-01T12:00:00Z")),
            ("rollback", back("2036-03-01T03:00:00Z")),
            ("rollback", back("2036-03-01T12:00:00Z")),
        ] {
            let refused = api.post(&format!("/v1/program/{path}"), &behind).await;
            let faults = refused.expect(422).faults();
            assert_eq!(faults[0].0, "/effective_from", "{path} {behind}");
        }
        let after = from("2036-03-01T12:00:00.000001Z");
        let published = api.post("/v1/program/publish", &after).await;
        assert_eq!(published.expect(201).json["version"], 2);
    });
}

#[test]
fn a_changed_cutover_counts_from_the_next_business_day() {
    block_on(async {
        let api = sandbox(&program(json!({})), "2026-02-20T03:00:00Z").await;
        set_clock(&api, "2026-03-02T03:00:00Z").await;
        let member = enrol(&api).await;
        let cut_at = async |cutover: &str| {
            let settings = api.get("/v1/tenant").await.expect(200);
            let patch = api
                .request(reqwest::Method::PATCH, "/v1/tenant")
                .header("If-Match", settings.header("etag"))
                .json(&json!({"business_day_cutover": cutover}));
            api.send(patch).await.expect(200)
        };
        let date = async |at: &str| buy(&api, &member, 100, at).await["business_date"].clone();
        // Nothing is recorded yet, so that no day could move: it counts at once.
        cut_at("03:00").await;
        cut_at("05:00").await;
        // Half past four in Tokyo belongs to the day before.
        assert_eq!(date("2026-03-01T19:30:00Z").await, "2026-03-01");
        cut_at("00:00").await;
        assert_eq!(date("2026-03-01T19:30:00Z").await, "2026-03-01");
        assert_eq!(date("2026-03-02T03:00:00Z").await, "2026-03-02");
        set_clock(&api, "2026-03-04T03:00:00Z").await;
        // 2 March ends at five in the morning, as it would have; 3 March at midnight.
        assert_eq!(date("2026-03-02T19:59:59Z").await, "2026-03-02");
        assert_eq!(date("2026-03-02T20:00:00Z").await, "2026-03-03");
        assert_eq!(date("2026-03-03T14:59:59Z").await, "2026-03-03");
        assert_eq!(date("2026-03-03T15:00:00Z").await, "2026-03-04");
    });
}
