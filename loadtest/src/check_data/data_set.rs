//! A set of receipts as it lies in its folder, turned into what a till would send.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use jiff::{civil::Date, tz::TimeZone};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::Origin;
use crate::failure::Failure;

/// Members, stores and receipts of one retailer.
#[derive(Debug)]
pub(crate) struct DataSet {
    pub(crate) origin: Origin,
    pub(crate) zone: TimeZone,
    pub(crate) members: Vec<Joining>,
    /// Codes.
    pub(crate) stores: Vec<String>,
    /// In the order of the reference.
    pub(crate) receipts: Vec<Sold>,
    folder: PathBuf,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Joining {
    pub(crate) external_id: String,
    /// In the retailer's zone.
    pub(crate) date: Date,
    /// Of `POST /v1/members`.
    pub(crate) body: Value,
}

/// A receipt.
#[derive(Debug)]
pub(crate) struct Sold {
    pub(crate) number: String,
    pub(crate) member: String,
    /// In the retailer's zone.
    pub(crate) date: Date,
    /// The till's body, as text.
    pub(crate) body: String,
}

/// What the reference says of its programs.
#[derive(Deserialize)]
struct Points {
    #[serde(rename = "R3")]
    climbing: Climbing,
}

#[derive(Deserialize)]
struct Climbing {
    thresholds_cents: Vec<i64>,
}

#[derive(Deserialize)]
struct Person {
    member_id: String,
    first_purchase_date: Date,
}

#[derive(Deserialize)]
struct Place {
    store_id: String,
}

#[derive(Deserialize)]
struct Article {
    product_id: String,
    category: Option<String>,
}

#[derive(Deserialize)]
struct Purchase {
    receipt_id: String,
    member_id: String,
    store_id: String,
    occurred_at: String,
    local_date: Date,
    lines: Vec<BoughtLine>,
}

#[derive(Deserialize)]
struct BoughtLine {
    product_id: String,
    qty: i64,
    net_cents: i64,
}

impl DataSet {
    /// The set, read at its first use.
    pub(crate) fn once<'a>(
        slot: &'a mut Option<Self>,
        data_dir: &Path,
        origin: Origin,
    ) -> Result<&'a Self, Failure> {
        if slot.is_none() {
            *slot = Some(Self::read(data_dir, origin)?);
        }
        slot.as_ref()
            .ok_or_else(|| Failure::other("the set was not read"))
    }

    fn read(data_dir: &Path, origin: Origin) -> Result<Self, Failure> {
        let folder = data_dir.join(origin.name);
        let zone = TimeZone::get(origin.time_zone);
        let zone = zone.map_err(|error| Failure::other(error.to_string()))?;
        let people: Vec<Person> = documents(&folder.join("members.jsonl.gz"))?;
        let members = people.into_iter().map(|person| member(person, &zone));
        let places: Vec<Place> = documents(&folder.join("stores.jsonl.gz"))?;
        let articles: Vec<Article> = documents(&folder.join("products.jsonl.gz"))?;
        let categories: HashMap<String, Option<String>> = articles
            .into_iter()
            .map(|article| (article.product_id, article.category))
            .collect();
        let purchases: Vec<Purchase> = documents(&folder.join("purchases.jsonl.gz"))?;
        let receipts = purchases.into_iter();
        Ok(Self {
            origin,
            members: members.collect::<Result<_, _>>()?,
            stores: places.into_iter().map(|place| place.store_id).collect(),
            receipts: receipts
                .map(|purchase| Sold::from(purchase, &categories))
                .collect(),
            zone,
            folder,
        })
    }

    /// Where the reference's discount climbs.
    pub(crate) fn thresholds(&self) -> Result<Vec<i64>, Failure> {
        let path = self.folder.join("reference").join("points.json");
        let reading = format!("reading {}", path.display());
        let text = fs::read_to_string(&path).map_err(Failure::io(reading))?;
        let points: Points = serde_json::from_str(&text)
            .map_err(|error| Failure::other(format!("{}: {error}", path.display())))?;
        Ok(points.climbing.thresholds_cents)
    }

    /// The rows of a table of the reference, without its head.
    pub(crate) fn reference(&self, name: &str) -> Result<Vec<String>, Failure> {
        let rows = lines(&self.folder.join("reference").join(name))?;
        Ok(rows.into_iter().skip(1).collect())
    }
}

impl Sold {
    fn from(purchase: Purchase, categories: &HashMap<String, Option<String>>) -> Self {
        let line = |bought: BoughtLine| {
            let category = categories.get(&bought.product_id).cloned().flatten();
            let mut line = json!({"sku": bought.product_id, "quantity": bought.qty, "amount": bought.net_cents});
            if let (Some(category), Some(fields)) = (category, line.as_object_mut()) {
                fields.insert("category".to_owned(), Value::String(category));
            }
            line
        };
        let lines: Vec<Value> = purchase.lines.into_iter().map(line).collect();
        let body = json!({
            "store": purchase.store_id,
            "receipt_number": purchase.receipt_id,
            "occurred_at": purchase.occurred_at,
            "member": {"external_id": purchase.member_id},
            "lines": lines,
        });
        Self {
            number: purchase.receipt_id,
            member: purchase.member_id,
            date: purchase.local_date,
            body: body.to_string(),
        }
    }
}

fn member(person: Person, zone: &TimeZone) -> Result<Joining, Failure> {
    let joined = person.first_purchase_date.to_zoned(zone.clone());
    let joined = joined.map_err(|error| Failure::other(error.to_string()))?;
    let body =
        json!({"external_id": person.member_id, "enrolled_at": joined.timestamp().to_string()});
    Ok(Joining {
        external_id: person.member_id,
        date: person.first_purchase_date,
        body,
    })
}

fn documents<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let read = |line: String| {
        serde_json::from_str(&line)
            .map_err(|error| Failure::other(format!("{}: {error}", path.display())))
    };
    lines(path)?.into_iter().map(read).collect()
}

fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let reading = || Failure::io(format!("reading {}", path.display()));
    let file = File::open(path).map_err(reading())?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines.collect::<Result<_, _>>().map_err(reading())
}
