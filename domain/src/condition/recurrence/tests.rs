//! The examples of RFC 5545 that the subset covers, and what lies outside it.

use super::Recurrence;
use crate::fault::FaultCode;
use jiff::ToSpan;
use jiff::civil::{DateTime, date};

fn read(start: &str, rule: &str) -> Recurrence {
    let text = format!("DTSTART:{start}T090000\nDURATION:PT1H\nRRULE:{rule}");
    Recurrence::parse(&text).unwrap_or_else(|error| panic!("{rule}: {error:?}"))
}

/// The dates on which it begins, without the dashes.
fn dates(recurrence: &Recurrence, most: usize) -> Vec<String> {
    let end = date(2020, 1, 1).at(0, 0, 0, 0);
    let mut from = date(1990, 1, 1).at(0, 0, 0, 0);
    let mut found = Vec::new();
    while found.len() < most {
        let Some(at) = recurrence.first_start(from, end) else {
            break;
        };
        found.push(at.date().strftime("%Y%m%d").to_string());
        from = at.checked_add(1.second()).unwrap();
    }
    found
}

/// The day of the start, the rule, and the dates on which it begins.
const EXAMPLES: &str = "
19970902 | FREQ=DAILY;COUNT=3 | 19970902 19970903 19970904
19970902 | FREQ=DAILY;INTERVAL=10;COUNT=5 | 19970902 19970912 19970922 19971002 19971012
19970902 | FREQ=DAILY;UNTIL=19970904T090000 | 19970902 19970903 19970904
19970902 | FREQ=DAILY;UNTIL=19970904T085959 | 19970902 19970903
19970902 | FREQ=DAILY;UNTIL=19970904 | 19970902 19970903 19970904
19980101 | FREQ=YEARLY;UNTIL=19980103T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA | 19980101 19980102 19980103
19970902 | FREQ=WEEKLY;COUNT=3 | 19970902 19970909 19970916
19970902 | FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=3 | 19970902 19970916 19970930
19970805 | FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO | 19970805 19970810 19970819 19970824
19970805 | FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU | 19970805 19970817 19970819 19970831
19970905 | FREQ=MONTHLY;COUNT=5;BYDAY=1FR | 19970905 19971003 19971107 19971205 19980102
19970907 | FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU | 19970907 19970928 19971102 19971130
19970922 | FREQ=MONTHLY;COUNT=6;BYDAY=-2MO | 19970922 19971020 19971117 19971222 19980119 19980216
19970928 | FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6 | 19970928 19971029 19971128 19971229 19980129 19980226
19970930 | FREQ=MONTHLY;COUNT=6;BYMONTHDAY=1,-1 | 19970930 19971001 19971031 19971101 19971130 19971201
19970910 | FREQ=MONTHLY;INTERVAL=18;COUNT=8;BYMONTHDAY=10,11,12,13,14,15 | 19970910 19970911 19970912 19970913 19970914 19970915 19990310 19990311
19970131 | FREQ=MONTHLY;COUNT=3 | 19970131 19970331 19970531
19970610 | FREQ=YEARLY;COUNT=4;BYMONTH=6,7 | 19970610 19970710 19980610 19980710
19970310 | FREQ=YEARLY;INTERVAL=2;COUNT=5;BYMONTH=1,2,3 | 19970310 19990110 19990210 19990310 20010110
19970519 | FREQ=YEARLY;BYDAY=20MO;COUNT=3 | 19970519 19980518 19990517
19970313 | FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=4 | 19970313 19970320 19970327 19980305
19970902 | FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5 | 19980213 19980313 19981113 19990813 20001013
19961105 | FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3 | 19961105 20001107 20041102
19960229 | FREQ=YEARLY;COUNT=3 | 19960229 20000229 20040229
19970101 | FREQ=YEARLY;BYDAY=-1MO;COUNT=2 | 19971229 19981228";

#[test]
fn examples_of_the_standard() {
    for line in EXAMPLES.lines().skip(1) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let found = dates(&read(parts[0], parts[1]), parts[2].split(' ').count());
        assert_eq!(found.join(" "), parts[2], "{}", parts[1]);
    }
}

#[test]
fn an_occurrence_is_half_open_on_the_wall_clock() {
    let text = "DTSTART:20260113T220000\nDURATION:PT4H\nRRULE:FREQ=MONTHLY;BYDAY=2TU";
    let recurrence = Recurrence::parse(text).unwrap();
    for (at, expected) in [
        ("2026-01-13T21:59:59", false),
        ("2026-01-13T22:00:00", true),
        ("2026-01-14T01:59:59", true),
        ("2026-01-14T02:00:00", false),
        ("2026-01-20T22:00:00", false),
        ("2026-02-10T23:00:00", true),
        // Nothing begins before the start.
        ("2025-12-09T23:00:00", false),
    ] {
        let at: DateTime = at.parse().unwrap();
        assert_eq!(recurrence.contains(at), expected, "{at}");
    }
}

#[test]
fn occurrences_may_overlap() {
    let text = "DTSTART;VALUE=DATE:20260101\r\nDURATION:P3D\r\nRRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260103\r\n";
    let recurrence = Recurrence::parse(text).unwrap();
    for (at, expected) in [
        ("2025-12-31T23:59:59", false),
        ("2026-01-01T00:00:00", true),
        ("2026-01-05T23:59:59", true),
        ("2026-01-06T00:00:00", false),
    ] {
        assert_eq!(recurrence.contains(at.parse().unwrap()), expected, "{at}");
    }
}

#[test]
fn lengths_are_whole_seconds_to_a_month() {
    for (length, seconds) in [
        ("PT1S", Some(1)),
        ("PT90M", Some(5_400)),
        ("P1DT2H3M4S", Some(93_784)),
        ("P2W", Some(1_209_600)),
        ("P31D", Some(2_678_400)),
        ("P31DT1S", None),
        ("PT0S", None),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("P1M", None),
        ("P1Y", None),
        ("PT1.5H", None),
        ("-PT1H", None),
        ("PT1M1H", None),
        ("P1W1D", None),
        ("1H", None),
    ] {
        let text = format!("DTSTART:20260101T000000\nDURATION:{length}\nRRULE:FREQ=DAILY");
        let read = Recurrence::parse(&text).ok();
        let found = read.map(|recurrence| recurrence.length.as_secs());
        assert_eq!(found, seconds, "{length}");
    }
}

#[test]
fn the_rest_of_the_standard_is_refused_by_name() {
    use FaultCode::{InvalidValue, OutOfRange, Required, Unsupported};
    let whole = |start: &str, rule: &str| format!("{start}\nDURATION:PT1H\nRRULE:{rule}");
    let with_rule = |rule: &str| whole("DTSTART:20260101T090000", rule);
    let with_start = |start: &str| whole(start, "FREQ=DAILY");
    for (text, code) in [
        (String::new(), Required),
        (
            "DTSTART:20260101T090000\nDURATION:PT1H".to_owned(),
            Required,
        ),
        (
            "DTSTART:20260101T090000\nRRULE:FREQ=DAILY".to_owned(),
            Required,
        ),
        ("DURATION:PT1H\nRRULE:FREQ=DAILY".to_owned(), Required),
        (with_rule("INTERVAL=2"), Required),
        (with_rule("FREQ=HOURLY"), Unsupported),
        (with_rule("FREQ=OFTEN"), InvalidValue),
        (with_rule("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"), Unsupported),
        (with_rule("FREQ=DAILY;BYHOUR=9"), Unsupported),
        (with_rule("FREQ=DAILY;X-MINE=1"), InvalidValue),
        (with_rule("FREQ=DAILY;FREQ=DAILY"), InvalidValue),
        (
            with_rule("FREQ=DAILY") + "\nEXDATE:20260102T090000",
            Unsupported,
        ),
        (with_rule("FREQ=DAILY") + "\nnonsense", InvalidValue),
        (with_rule("FREQ=DAILY;INTERVAL=0"), OutOfRange),
        (with_rule("FREQ=DAILY;INTERVAL=1001"), OutOfRange),
        (with_rule("FREQ=DAILY;COUNT=0"), OutOfRange),
        (with_rule("FREQ=DAILY;COUNT=1001"), OutOfRange),
        (with_rule("FREQ=DAILY;COUNT=-1"), OutOfRange),
        (with_rule("FREQ=DAILY;COUNT=2;UNTIL=20270101"), InvalidValue),
        (with_rule("FREQ=DAILY;UNTIL=20270101T000000Z"), InvalidValue),
        (with_rule("FREQ=DAILY;BYDAY=2TU"), InvalidValue),
        (with_rule("FREQ=WEEKLY;BYDAY=2TU"), InvalidValue),
        (with_rule("FREQ=WEEKLY;BYMONTHDAY=2"), InvalidValue),
        (with_rule("FREQ=MONTHLY;BYDAY=TUE"), InvalidValue),
        (with_rule("FREQ=MONTHLY;BYDAY="), InvalidValue),
        (with_rule("FREQ=MONTHLY;BYDAY=火"), InvalidValue),
        (with_rule("FREQ=MONTHLY;BYDAY=54TU"), OutOfRange),
        (with_rule("FREQ=MONTHLY;BYDAY=0TU"), OutOfRange),
        (with_rule("FREQ=MONTHLY;BYMONTHDAY=0"), OutOfRange),
        (with_rule("FREQ=MONTHLY;BYMONTHDAY=32"), OutOfRange),
        (with_rule("FREQ=MONTHLY;BYMONTH=13"), OutOfRange),
        (with_start("DTSTART:20260101T090000Z"), InvalidValue),
        (
            with_start("DTSTART;TZID=Asia/Tokyo:20260101T090000"),
            InvalidValue,
        ),
        (with_start("DTSTART:20260101"), InvalidValue),
        (with_start("DTSTART:20260230T090000"), InvalidValue),
        (with_start("DTSTART:20260101T246000"), InvalidValue),
        (with_start("DTSTART:19691231T090000"), InvalidValue),
        (with_start("DTSTART:22000101T090000"), InvalidValue),
    ] {
        let found = Recurrence::parse(&text).map_err(|(code, _)| code);
        assert_eq!(found.err(), Some(code), "{text}");
    }
    for largest in [
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;COUNT=1000",
        "freq=yearly;byday=-53mo",
    ] {
        assert!(Recurrence::parse(&with_rule(largest)).is_ok(), "{largest}");
    }
}
