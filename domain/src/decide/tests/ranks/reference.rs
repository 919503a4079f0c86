//! Ranks once more, written apart from the program: one ladder of one member, walked day by day,
//! with sums over the plain list of receipts.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "a reference is stated in plain arithmetic; an overflow fails the test"
)]

use super::place::Place;
use super::spec::{Counted, Criterion, Fall, Ladder, Lift, Span, Step, clipped};
use crate::rank::{Cause, RankChange};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A change as the reference and the program both know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    number: i32,
    code: Option<String>,
    previous: Option<String>,
    effective_at: Timestamp,
    follows: Option<Timestamp>,
    cause: Cause,
    /// Threshold and value of what decided it.
    numbers: Vec<(i64, i64)>,
}

#[derive(Debug, Clone)]
pub(super) struct Reference {
    place: Place,
    ladder: String,
    /// Date and money of what was recorded.
    receipts: Vec<(Date, i64)>,
    earned: Option<String>,
    began: Date,
    manual: Option<(String, Option<Date>)>,
    reviewed: Date,
    pub(super) changes: Vec<Change>,
}

impl Reference {
    pub(super) fn new(place: &Place, ladder: &str, begin: Date) -> Self {
        Self {
            place: place.clone(),
            ladder: ladder.to_owned(),
            receipts: Vec::new(),
            earned: None,
            began: Date::MIN,
            manual: None,
            reviewed: begin,
            changes: Vec::new(),
        }
    }

    fn value(&self, criterion: &Criterion, as_of: Date) -> i64 {
        let counts = |(date, _): &&(Date, i64)| self.place.counts(criterion.span, *date, as_of);
        let receipts = self.receipts.iter().filter(counts);
        let worth = |(_, money): &(Date, i64)| match criterion.counted {
            Counted::Spend => *money,
            Counted::Visits => 1,
            Counted::Points => *money / 100,
        };
        receipts.map(worth).sum()
    }

    fn is_met(&self, step: &Step, as_of: Date) -> bool {
        let mut met = step.criteria.iter().map(|criterion| {
            // Nothing at all is asked where 0 is.
            self.value(criterion, as_of) >= criterion.from
        });
        if step.any {
            met.any(|met| met)
        } else {
            met.all(|met| met)
        }
    }

    fn reached(&self, ladder: &Ladder, as_of: Date) -> i64 {
        let places = (1..).zip(&ladder.steps);
        let met = places.filter(|(_, step)| self.is_met(step, as_of));
        met.map(|(place, _)| place).max().unwrap_or(0)
    }

    /// The place of a code, 0 below the lowest; what the ladder does not know counts as where everybody begins.
    fn place_of(ladder: &Ladder, code: Option<&str>) -> i64 {
        let mut places = (1..).zip(&ladder.steps);
        let known = places.find(|(_, step)| Some(step.code.as_str()) == code);
        known.map_or_else(|| Self::begins(ladder), |(place, _)| place)
    }

    fn begins(ladder: &Ladder) -> i64 {
        let asks_nothing = |step: &Step| {
            let mut froms = step.criteria.iter().map(|criterion| criterion.from == 0);
            if step.any {
                froms.any(|none| none)
            } else {
                froms.all(|none| none)
            }
        };
        let places = (1..).zip(&ladder.steps);
        let open = places.filter(|(_, step)| asks_nothing(step));
        open.map(|(place, _)| place).max().unwrap_or(0)
    }

    fn code_of(ladder: &Ladder, place: i64) -> Option<String> {
        let index = usize::try_from(place - 1).ok()?;
        Some(ladder.steps[index].code.clone())
    }

    /// The spending-made place. Before anything changed it is where everybody begins now.
    fn held(&self, ladder: &Ladder) -> i64 {
        if self.changes.is_empty() {
            return Self::begins(ladder);
        }
        Self::place_of(ladder, self.earned.as_deref())
    }

    fn code(&self, ladder: &Ladder) -> Option<String> {
        match &self.manual {
            Some((code, _)) => Some(code.clone()),
            None if self.changes.is_empty() => Self::code_of(ladder, Self::begins(ladder)),
            None => self.earned.clone(),
        }
    }

    fn since(&self) -> Option<Timestamp> {
        Some(self.changes.last()?.effective_at)
    }

    fn numbers(&self, ladder: &Ladder, place: i64, as_of: Date) -> Vec<(i64, i64)> {
        let Ok(index) = usize::try_from(place - 1) else {
            return Vec::new();
        };
        let criteria = ladder.steps[index].criteria.iter();
        let number = |criterion: &Criterion| (criterion.from, self.value(criterion, as_of));
        criteria.map(number).collect()
    }

    /// Whether spending falls short of the held step as a date begins, by the program of that date.
    fn is_lost(&self, date: Date) -> bool {
        let ladder = self.place.era_on(date);
        let ladder = ladder.and_then(|era| self.place.ladder(era, &self.ladder));
        ladder.is_some_and(|ladder| self.reached(ladder, date - 1.day()) < self.held(ladder))
    }

    fn is_review(&self, ladder: &Ladder, date: Date) -> bool {
        match &ladder.fall {
            Fall::Never => false,
            Fall::Rolling => true,
            Fall::MonthStart => date.day() == 1,
            Fall::Anniversary => self.place.is_anniversary(date),
            Fall::Dates(dates) => dates
                .iter()
                .any(|(month, day)| clipped(date.year(), *month, *day) == date),
        }
    }

    fn lifts(&self, ladder: &Ladder, date: Date) -> bool {
        match ladder.lift {
            Lift::NextDay => true,
            Lift::Immediate => self.place.era_on(date) != self.place.era_on(date - 1.day()),
            Lift::PeriodEnd => match ladder.span {
                Span::Quarter => date.day() == 1 && date.month() % 3 == 1,
                Span::Half => date.day() == 1 && date.month() % 6 == 1,
                Span::Year => date.day() == 1 && date.month() == 1,
                Span::Anniversary => self.place.is_anniversary(date),
                _ => date.day() == 1,
            },
        }
    }

    /// Walks back to the day of the loss: the rank is over once a review came by and the grace is.
    fn falls(&self, ladder: &Ladder, date: Date) -> bool {
        let (mut day, mut reviews, mut lost) = (date, 0, None);
        while day > self.began && self.is_lost(day) && (date - day).get_days() <= 800 {
            reviews += i32::from(self.is_review(ladder, day));
            lost = Some(day);
            if reviews > 0 && i64::from((date - day).get_days()) >= ladder.grace {
                break;
            }
            day -= 1.day();
        }
        // Without grace a member falls on the review itself.
        let is_due = ladder.grace > 0 || self.is_review(ladder, date);
        is_due
            && reviews > 0
            && lost.is_some_and(|lost| i64::from((date - lost).get_days()) >= ladder.grace)
    }

    fn note(
        &mut self,
        ladder: &Ladder,
        (previous, cause): (Option<String>, Cause),
        at: Timestamp,
        numbers: Vec<(i64, i64)>,
    ) {
        let code = self.code_after(ladder);
        if code == previous && !matches!(cause, Cause::Manual | Cause::ManualTakenBack) {
            return;
        }
        let follows = self.since();
        self.changes.push(Change {
            number: i32::try_from(self.changes.len()).unwrap() + 1,
            code,
            previous,
            effective_at: follows.map_or(at, |follows| follows.max(at)),
            follows,
            cause,
            numbers,
        });
    }

    fn code_after(&self, _ladder: &Ladder) -> Option<String> {
        match &self.manual {
            Some((code, _)) => Some(code.clone()),
            None => self.earned.clone(),
        }
    }

    fn move_to(&mut self, ladder: &Ladder, to: i64, on: Date) {
        let climbs = to > self.held(ladder);
        if let Some((manual, _)) = &self.manual
            && climbs
            && to > Self::place_of(ladder, Some(manual))
        {
            self.manual = None;
        }
        self.earned = Self::code_of(ladder, to);
        self.began = on;
    }

    /// Keeps in `earned` what it is before the first change.
    fn settle(&mut self, ladder: &Ladder) {
        if self.changes.is_empty() {
            self.earned = Self::code_of(ladder, Self::begins(ladder));
        }
    }

    fn review(&mut self, date: Date) {
        let Some(era) = self.place.era_on(date) else {
            return;
        };
        let Some(ladder) = self.place.ladder(era, &self.ladder).cloned() else {
            return;
        };
        self.settle(&ladder);
        let previous = self.code(&ladder);
        let ended = matches!(&self.manual, Some((_, Some(until))) if *until < date);
        if ended {
            self.manual = None;
        }
        let eve = date - 1.day();
        let (reached, held) = (self.reached(&ladder, eve), self.held(&ladder));
        let mut numbers = Vec::new();
        if reached > held && self.lifts(&ladder, date) {
            numbers = self.numbers(&ladder, reached, eve);
            self.move_to(&ladder, reached, date);
        } else if reached < held && self.falls(&ladder, date) {
            numbers = self.numbers(&ladder, held, eve);
            let to = if ladder.one {
                reached.max(held - 1)
            } else {
                reached
            };
            self.move_to(&ladder, to, date);
        }
        let cause = if ended {
            Cause::ManualEnded
        } else {
            Cause::Review
        };
        let at = self.place.starts(date);
        self.note(&ladder, (previous, cause), at, numbers);
    }

    pub(super) fn ladder(&self) -> &str {
        &self.ladder
    }

    pub(super) fn advance(&mut self, until: Date) {
        while self.reviewed < until {
            self.reviewed += 1.day();
            self.review(self.reviewed);
        }
    }

    /// The code of the rank that counted at an instant, as the program of that instant reads it.
    fn code_at(&self, ladder: &Ladder, at: Timestamp) -> Option<String> {
        let mut changes = self.changes.iter().rev();
        match changes.find(|change| change.effective_at <= at) {
            Some(change) => Self::code_of(ladder, Self::place_of(ladder, change.code.as_deref())),
            None => Self::code_of(ladder, Self::begins(ladder)),
        }
    }

    /// Records a receipt; the rank by which it is judged.
    pub(super) fn buy(&mut self, at: Timestamp, money: i64) -> Option<String> {
        let date = self.place.date(at);
        let era = self.place.era_at(at).unwrap();
        let ladder = self.place.ladder(era, &self.ladder).cloned();
        self.advance(date);
        self.receipts.push((date, money));
        let is_late = self.reviewed > date;
        let later = self.place.eras[era..].iter();
        let later: Vec<&Ladder> = later
            .flat_map(|era| &era.ladders)
            .filter(|ladder| ladder.code == self.ladder)
            .collect();
        let again = self.place.eras.len() > era + 1
            || later.iter().any(|ladder| ladder.lift != Lift::Immediate);
        let again = is_late && !later.is_empty() && again;
        let mut judged = None;
        if let Some(ladder) = &ladder {
            self.settle(ladder);
            judged = self.code_at(ladder, at);
            self.climb(ladder, at, date);
        }
        if again {
            let since = self
                .since()
                .map_or(Date::MIN, |since| self.place.date(since));
            let from = date.max(self.began).max(since);
            self.reviewed = self.reviewed.min(from);
        }
        judged
    }

    fn climb(&mut self, ladder: &Ladder, at: Timestamp, date: Date) {
        let reached = self.reached(ladder, date);
        let known = |code: &String| ladder.steps.iter().any(|step| step.code == *code);
        let is_of_later = self.since().is_some_and(|since| since > at)
            && self.earned.as_ref().is_some_and(|code| !known(code));
        if ladder.lift != Lift::Immediate || reached <= self.held(ladder) || is_of_later {
            return;
        }
        let previous = self.code(ladder);
        let at = self.since().map_or(at, |since| since.max(at));
        let on = self.place.date(at);
        let numbers = self.numbers(ladder, reached, date);
        self.move_to(ladder, reached, on);
        self.reviewed = self.reviewed.min(on);
        self.note(ladder, (previous, Cause::Receipt), at, numbers);
    }

    /// Sets a rank by hand, if the program in force knows it.
    pub(super) fn set(&mut self, now: Timestamp, code: Option<&str>, until: Option<Date>) -> bool {
        let Some(era) = self.place.era_at(now) else {
            return false;
        };
        let Some(ladder) = self.place.ladder(era, &self.ladder).cloned() else {
            return false;
        };
        if code.is_some_and(|code| !ladder.steps.iter().any(|step| step.code == code)) {
            return false;
        }
        let today = self.place.date(now);
        self.advance(today);
        self.settle(&ladder);
        let previous = self.code(&ladder);
        self.manual = code.map(|code| (code.to_owned(), until));
        let cause = match code {
            Some(_) => Cause::Manual,
            None => Cause::ManualTakenBack,
        };
        self.note(&ladder, (previous, cause), now, Vec::new());
        true
    }
}

impl Change {
    pub(super) fn of(change: &RankChange) -> Self {
        let numbers = change.numbers.iter();
        Self {
            number: change.number,
            code: change.code.clone(),
            previous: change.previous.clone(),
            effective_at: change.effective_at,
            follows: change.follows,
            cause: change.cause,
            numbers: numbers
                .map(|number| (number.threshold, number.value))
                .collect(),
        }
    }

    /// The same as one that is counted so among those that members see.
    pub(super) fn counted(self, number: i32) -> Self {
        Self { number, ..self }
    }
}
