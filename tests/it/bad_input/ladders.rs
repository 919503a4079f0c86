//! Ladders of ranks with wrong values.

use reqwest::Method;

use super::{Row, cases, refused};
use crate::harness::tenant::plain_program;
use crate::harness::{TestTenant, block_on};

const LADDERS: &[Row] = &[
    (
        "/ranks",
        "[{\"code\":\"m\"}]",
        422,
        "validation_failed",
        ("/ranks/0/steps", "required"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps", "empty"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\",\"from\":0},{\"code\":\"a\",\"from\":5}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/1/code", "duplicate"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\",\"from\":5},{\"code\":\"b\",\"from\":5}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/1/from", "tiers_order"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\",\"from\":-1}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/0/from", "out_of_range"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\"}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/0", "invalid_value"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"metric\":\"luck\",\"steps\":[{\"code\":\"a\",\"from\":0}]}]",
        422,
        "validation_failed",
        ("/ranks/0/metric", "invalid_value"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\",\"from\":0,\"discount_percent\":\"101\"}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/0/discount_percent", "out_of_range"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"steps\":[{\"code\":\"a\",\"from\":0,\"earn_multiplier\":\"0\"}]}]",
        422,
        "validation_failed",
        ("/ranks/0/steps/0/earn_multiplier", "out_of_range"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"downgrade\":{\"at\":\"dates\"},\"steps\":[{\"code\":\"a\",\"from\":0}]}]",
        422,
        "validation_failed",
        ("/ranks/0/downgrade/dates", "required"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"downgrade\":{\"at\":\"dates\",\"dates\":[\"02-30\"]},\"steps\":[{\"code\":\"a\",\"from\":0}]}]",
        422,
        "validation_failed",
        ("/ranks/0/downgrade/dates/0", "invalid_value"),
    ),
    (
        "/ranks",
        "[{\"code\":\"m\",\"downgrade\":{\"at\":\"rolling\",\"grace_days\":367},\"steps\":[{\"code\":\"a\",\"from\":0}]}]",
        422,
        "validation_failed",
        ("/ranks/0/downgrade/grace_days", "out_of_range"),
    ),
];

#[test]
fn ladders() {
    block_on(async {
        let tenant = TestTenant::new().await;
        let cases = cases(&Method::PUT, "/v1/program/draft", &plain_program(), LADDERS);
        refused(&tenant, cases).await;
    });
}
