//! Repeating times in words, and those that have none.

use serde_json::json;

use super::{program, told, words};
use crate::language::Language;

/// The start, the length and the rule, then the words in English and Japanese.
const IN_WORDS: &str = "
:20260113T180000 PT2H FREQ=DAILY
every day, 18:00–20:00, from 2026-01-13
毎日、18:00–20:00、2026-01-13から
:20260113T180000 PT90M FREQ=DAILY;INTERVAL=3;COUNT=10
every 3 days, 18:00–19:30, from 2026-01-13, 10 times
3日ごと、18:00–19:30、2026-01-13から、10回
;VALUE=DATE:20260113 P1D FREQ=WEEKLY;BYDAY=TU,TH,SU
every week on Tue, Thu and Sun, from 2026-01-13
毎週火・木・日曜日、2026-01-13から
:20260113T000000 PT24H FREQ=WEEKLY;UNTIL=20261231
every week on Tue, from 2026-01-13, until 2026-12-31
毎週火曜日、2026-01-13から、2026-12-31まで
:20260113T090000 PT15H FREQ=WEEKLY;INTERVAL=2;BYDAY=MO
every 2 weeks on Mon, 09:00–24:00, from 2026-01-13
2週間ごとの月曜日、09:00–24:00、2026-01-13から
;VALUE=DATE:20260105 P1D FREQ=MONTHLY;BYMONTHDAY=5,15,25
every month on the 5th, the 15th and the 25th, from 2026-01-05
毎月5日・15日・25日、2026-01-05から
;VALUE=DATE:20260101 P2D FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,-1
every 2 months on the 1st and the last day, for 2 days, from 2026-01-01
2か月ごとの1日・末日、2日間、2026-01-01から
;VALUE=DATE:20260122 P1W FREQ=MONTHLY
every month on the 22nd, for 7 days, from 2026-01-22
毎月22日、7日間、2026-01-22から
:20260113T180000 PT2H FREQ=MONTHLY;BYDAY=2TU
every month on the 2nd Tue, 18:00–20:00, from 2026-01-13
毎月第2火曜日、18:00–20:00、2026-01-13から
:20260113T220000 PT4H FREQ=MONTHLY;BYDAY=1SA,+3SA,-1FR
every month on the 1st Sat, the 3rd Sat and the last Fri, 22:00–02:00, from 2026-01-13
毎月第1土曜日・第3土曜日・最終金曜日、22:00–02:00、2026-01-13から
:20261225T100000 P3D FREQ=YEARLY;UNTIL=20301225T095959
every year on 25 December, for 3 days from 10:00, from 2026-12-25, until 2030-12-24
毎年12月25日、10:00から3日間、2026-12-25から、2030-12-24まで
;VALUE=DATE:20260101 P1D FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=1,11
every year on 1 June, 11 June, 1 December and 11 December, from 2026-01-01
毎年6月1日・6月11日・12月1日・12月11日、2026-01-01から
;VALUE=DATE:20260101 P1D FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYMONTHDAY=1,2
every year on 1 January, 2 January, 1 February, 2 February, 1 March, 2 March, 1 April, 2 April, 1 May, 2 May, 1 June, 2 June, 1 July, 2 July, 1 August, 2 August, 1 September, 2 September, 1 October, 2 October, 1 November, 2 November, 1 December and 2 December, from 2026-01-01
毎年1月1日・1月2日・2月1日・2月2日・3月1日・3月2日・4月1日・4月2日・5月1日・5月2日・6月1日・6月2日・7月1日・7月2日・8月1日・8月2日・9月1日・9月2日・10月1日・10月2日・11月1日・11月2日・12月1日・12月2日、2026-01-01から
;VALUE=DATE:20260101 P1D freq=yearly;interval=2;bymonth=5;byday=2su;wkst=su
every 2 years on the 2nd Sun of May, from 2026-01-01
2年ごとの5月の第2日曜日、2026-01-01から";

/// Likewise, without words.
const AS_THEY_STAND: &str = "
:20260113T180000 PT2H FREQ=DAILY;BYMONTH=1
:20260113T180000 PT2H FREQ=DAILY;BYDAY=MO
:20260113T180000 PT2H FREQ=WEEKLY;INTERVAL=2;WKST=SU
:20260113T180000 PT2H FREQ=MONTHLY;BYDAY=TU
:20260113T180000 PT2H FREQ=MONTHLY;BYDAY=-2TU
:20260113T180000 PT2H FREQ=MONTHLY;BYMONTHDAY=-2
:20260113T180000 PT2H FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13
:20260113T180000 PT2H FREQ=YEARLY;BYMONTHDAY=13
:20260113T180000 PT2H FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30
:20260113T180000 PT2H FREQ=YEARLY;BYDAY=20MO
:20260113T180030 PT2H FREQ=DAILY
:20260113T180000 PT30S FREQ=DAILY
:20260113T180000 PT30H FREQ=DAILY
:20260113T180000 PT2H FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1
:20260113T180000 -PT2H FREQ=DAILY
:20260113T180000 PT2H FREQ=DAILY;COUNT=few
:2026 PT2H FREQ=DAILY
:20260113T180000 PT2H FREQ=DAILY;UNTIL=soon
:20260113T180000 PT2H FREQ=YEARLY;BYMONTH=1,2,3,4,5;BYMONTHDAY=1,2,3,4,5
rubbish rubbish rubbish";

fn text(line: &str) -> String {
    let parts: Vec<&str> = line.split(' ').collect();
    format!(
        "DTSTART{}\nDURATION:{}\nRRULE:{}",
        parts[0], parts[1], parts[2]
    )
}

fn said(text: &str, language: Language) -> String {
    words(language).text("rrule", Some(&json!(text)))
}

#[test]
fn common_times_have_words() {
    let lines: Vec<&str> = IN_WORDS.lines().skip(1).collect();
    for lines in lines.chunks(3) {
        let text = text(lines[0]);
        assert_eq!(said(&text, Language::English), lines[1], "{text}");
        assert_eq!(said(&text, Language::Japanese), lines[2], "{text}");
    }
}

#[test]
fn other_times_are_shown_as_they_stand() {
    for line in AS_THEY_STAND.lines().skip(1) {
        let text = text(line);
        assert_eq!(said(&text, Language::English), text);
        assert_eq!(said(&text, Language::Japanese), text);
    }
    let more = text(":20260113T180000 PT2H FREQ=DAILY") + "\nEXDATE:20260114T180000";
    assert_eq!(said(&more, Language::English), more);
}

#[test]
fn a_time_that_moves_is_told_in_words() {
    let at = |rule: &str| {
        let mut document = program();
        document["bonuses"][0]["when"] = json!({"rrule": text(rule)});
        document
    };
    let before = at(":20260113T180000 PT2H FREQ=MONTHLY;BYDAY=2TU");
    let after = at(":20260113T180000 PT2H FREQ=MONTHLY;BYDAY=3TU");
    assert_eq!(
        told(&before, vec![("moved", after)]),
        "# moved\n/bonuses/0/when/rrule\n    \
         Bonus “five-times-day”: repeating time changed from “every month on the 2nd Tue, \
         18:00–20:00, from 2026-01-13” to “every month on the 3rd Tue, 18:00–20:00, from 2026-01-13”\n    \
         ボーナス「five-times-day」: 繰り返しを「毎月第2火曜日、18:00–20:00、2026-01-13から」から\
         「毎月第3火曜日、18:00–20:00、2026-01-13から」に変更\n"
    );
}
