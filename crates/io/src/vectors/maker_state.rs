//! Maker's state of a case: from its JSON to the machine, and back to leaves by dotted path.

use super::fields::{FieldError, Fields, text};
use super::leaves::{Leaves, leaves};
use super::posts::{below, key_number, number, part, seconds};
use backstop_core::auction::{
    AuctionId, DutchAuction, DutchTerms, EnglishAuction, EnglishTerms, PriceCurve, Ray,
};
use backstop_core::protocol::maker::{
    Account, Bid, Breaker, CollateralType, Core, DebtHouse, DutchHouse, EnglishHouse, Holding,
    House, Lending, Liquidations, Maker, MakerSetup, MakerVersion, PriceFeed, Quote, Roles, Sale,
    SurplusHouse, Treasury,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Index, Price, Ratio, Shares, Timestamp, U256, Value as Rad};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every case has at most one collateral type.
pub(super) const TYPE: AssetId = AssetId(0);
const VOW: &str = "vow";
const CAT: &str = "cat";
const FLAP: &str = "flap";
const NOBODY: &str = "zero";

/// Addresses by name; ids follow the alphabet.
#[derive(Clone, Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Every name of the state and of the steps' arguments.
    fn collect(given: &Fields<'_>, steps: &[Fields<'_>]) -> Result<Self, FieldError> {
        let mut found: BTreeSet<&str> = BTreeSet::from([VOW, CAT, FLAP, "admin", "clip", "flip"]);
        let holders = [
            ("vat", "dai"),
            ("vat", "sin"),
            ("vat", "gem"),
            ("vat", "urns"),
            ("gem", "bal"),
        ];
        for (section, map) in holders {
            if given.has(section) && given.object(section)?.has(map) {
                let names = given.object(section)?.object(map)?;
                found.extend(names.members().map(|(name, _)| name));
            }
        }
        for when in steps {
            for key in ["urn", "keeper", "who", "caller", "to"] {
                if when.has(key) {
                    found.insert(when.text(key)?);
                }
            }
        }
        found.remove(NOBODY);
        Ok(Self(found.into_iter().map(str::to_owned).collect()))
    }

    /// The address of a name.
    pub(super) fn id(&self, fields: &Fields<'_>, key: &str) -> Result<AccountId, FieldError> {
        let name = fields.text(key)?;
        self.find(name)
            .ok_or_else(|| fields.wrong(key, name, &self.0.join(", ")))
    }

    pub(super) fn find(&self, name: &str) -> Option<AccountId> {
        let at = self.0.iter().position(|known| known == name)?;
        u32::try_from(at).ok().map(AccountId)
    }

    /// The address of a role; every role is among the names.
    pub(super) fn role(&self, name: &str) -> AccountId {
        self.find(name).unwrap_or_default()
    }

    fn party(&self, fields: &Fields<'_>, key: &str) -> Result<Option<AccountId>, FieldError> {
        match fields.text(key)? {
            NOBODY => Ok(None),
            _ => self.id(fields, key).map(Some),
        }
    }

    fn name(&self, id: Option<AccountId>) -> Value {
        let found = id.and_then(|AccountId(id)| self.0.get(usize::try_from(id).ok()?));
        Value::from(found.map_or(NOBODY, String::as_str))
    }
}

/// A price curve, from its numbers; `kind` is the field that names it.
pub(super) fn curve(fields: &Fields<'_>, kind: &str) -> Result<PriceCurve, FieldError> {
    Ok(match fields.text(kind)? {
        "linear" => PriceCurve::Linear {
            duration: fields.wide("tau")?,
        },
        "stairstep" => PriceCurve::Stairstep {
            cut: Ray(fields.wide("cut")?),
            step: fields.wide("step")?,
        },
        "exponential" => PriceCurve::Exponential {
            cut: Ray(fields.wide("cut")?),
        },
        other => return Err(fields.wrong(kind, other, "linear, stairstep, exponential")),
    })
}

fn english_terms(fields: &Fields<'_>) -> Result<EnglishTerms, FieldError> {
    Ok(EnglishTerms {
        min_step: Ratio(fields.wide("beg")?),
        bid_duration: seconds(fields, "ttl")?,
        duration: seconds(fields, "tau")?,
    })
}

fn dutch_house(given: &Fields<'_>) -> Result<DutchHouse, FieldError> {
    let clip = part(given, "clip")?;
    let clip = clip.as_ref();
    let curve = match part(given, "calc")? {
        Some(calc) => curve(&calc, "kind")?,
        None => PriceCurve::Exponential { cut: Ray::ONE },
    };
    Ok(DutchHouse {
        terms: DutchTerms {
            curve,
            reset_after: number(clip, "tail")?,
            reset_below: Ray(number(clip, "cusp")?),
            min_rest: Rad(number(clip, "chost")?),
        },
        start_factor: Ray(number(clip, "buf")?),
        keeper_share: Ratio(number(clip, "chip")?),
        keeper_flat: Rad(number(clip, "tip")?),
        halted: number(clip, "stopped")?,
        started: number(clip, "kicks")?,
    })
}

/// The collateral type, where the case has one.
fn collateral_type(
    given: &Fields<'_>,
    names: &Names,
) -> Result<Option<CollateralType>, FieldError> {
    let vat = given.object("vat")?;
    let Some(ilk) = part(&vat, "ilk")? else {
        return Ok(None);
    };
    let (dog, cat) = (part(given, "dog")?, part(given, "cat")?);
    let liquidator = dog.as_ref().or(cat.as_ref());
    let quote = match part(given, "osm")? {
        Some(osm) => Quote {
            value: osm.wide("value")?,
            valid: osm.flag("valid")?,
        },
        None => Quote::default(),
    };
    let english = match part(given, "flip")? {
        Some(flip) => EnglishHouse {
            terms: english_terms(&flip)?,
            started: flip.wide("kicks")?,
        },
        None => EnglishHouse::default(),
    };
    let house = if given.has("clip") { "clip" } else { "flip" };
    let lot = number(cat.as_ref(), "dunk")?.max(number(cat.as_ref(), "lump")?);
    Ok(Some(CollateralType {
        house: names.role(house),
        debt: Shares(ilk.wide("Art")?),
        debt_index: Index(ilk.wide("rate")?),
        safe_price: Price(ilk.wide("spot")?),
        debt_floor: Rad(ilk.wide("dust")?),
        liquidation_ratio: Ray(number(part(given, "spotter")?.as_ref(), "mat")?),
        feed: PriceFeed::Direct(quote),
        penalty: number(liquidator, "chop")?,
        limit: Rad(number(dog.as_ref(), "hole")?),
        in_auction: Rad(number(dog.as_ref(), "dirt")?),
        lot_max: lot,
        dutch: dutch_house(given)?,
        english,
        breaker: Breaker::default(),
        lending: Lending::default(),
    }))
}

fn core(given: &Fields<'_>) -> Result<Core, FieldError> {
    let vat = given.object("vat")?;
    let (dog, cat) = (part(given, "dog")?, part(given, "cat")?);
    let (dog, cat) = (dog.as_ref(), cat.as_ref());
    let live = number(dog.or(cat), "live")?;
    let spotter = part(given, "spotter")?;
    let vow = part(given, "vow")?;
    let vow = vow.as_ref();
    let either = |in_dog, in_cat| Ok(Rad(number(dog, in_dog)?.max(number(cat, in_cat)?)));
    Ok(Core {
        now: Timestamp(seconds(given, "now")?),
        issued: Rad(vat.wide("debt")?),
        unbacked: Rad(vat.wide("vice")?),
        tokens: Amount(number(part(given, "gem")?.as_ref(), "supply")?),
        debt_ceiling: Rad::ZERO,
        target_price: Ray(number(spotter.as_ref(), "par")?),
        liquidations: Liquidations {
            enabled: live == U256::ONE,
            limit: either("Hole", "box")?,
            in_auction: either("Dirt", "litter")?,
        },
        treasury: Treasury {
            enabled: number(vow, "live")? == U256::ONE,
            queued: Rad(number(vow, "Sin")?),
            in_auction: Rad(number(vow, "Ash")?),
            queue_delay: number(vow, "wait")?,
            debt_lot: Amount(number(vow, "dump")?),
            debt_bid: Rad(number(vow, "sump")?),
            surplus_lot: Rad(number(vow, "bump")?),
            surplus_buffer: Rad(number(vow, "hump")?),
        },
        debt_house: debt_house(given)?,
        surplus_house: surplus_house(given)?,
    })
}

fn debt_house(given: &Fields<'_>) -> Result<DebtHouse, FieldError> {
    let Some(flop) = part(given, "flop")? else {
        return Ok(DebtHouse::default());
    };
    Ok(DebtHouse {
        enabled: flop.wide("live")? == U256::ONE,
        terms: english_terms(&flop)?,
        lot_growth: Ratio(flop.wide("pad")?),
        started: flop.wide("kicks")?,
    })
}

fn surplus_house(given: &Fields<'_>) -> Result<SurplusHouse, FieldError> {
    let Some(flap) = part(given, "flap")? else {
        return Ok(SurplusHouse::default());
    };
    Ok(SurplusHouse {
        enabled: flap.wide("live")? == U256::ONE,
        terms: english_terms(&flap)?,
        started: flap.wide("kicks")?,
        limit: Rad(number(Some(&flap), "lid")?),
        in_auction: Rad(number(Some(&flap), "fill")?),
    })
}

fn accounts(given: &Fields<'_>, names: &Names) -> Result<Vec<Account>, FieldError> {
    let vat = given.object("vat")?;
    let part_of = |key| part(&vat, key);
    let (dai, sin) = (part_of("dai")?, part_of("sin")?);
    let (free, urns) = (part_of("gem")?, part_of("urns")?);
    let gem = part(given, "gem")?;
    let tokens = gem
        .as_ref()
        .map(|gem| part(gem, "bal"))
        .transpose()?
        .flatten();
    let mut accounts = Vec::with_capacity(names.0.len());
    for name in &names.0 {
        let mut account = Account::default();
        account.coins = Rad(number(dai.as_ref(), name)?);
        account.bad_debt = Rad(number(sin.as_ref(), name)?);
        account.tokens = Amount(number(tokens.as_ref(), name)?);
        let urn = urns.as_ref().map(|urns| part(urns, name)).transpose()?;
        let urn = urn.flatten();
        account.put(Holding {
            asset: TYPE,
            locked: Amount(number(urn.as_ref(), "ink")?),
            debt: Shares(number(urn.as_ref(), "art")?),
            free: Amount(number(free.as_ref(), name)?),
        });
        accounts.push(account);
    }
    Ok(accounts)
}

fn sales(
    given: &Fields<'_>,
    names: &Names,
) -> Result<BTreeMap<(AssetId, AuctionId), Sale>, FieldError> {
    let mut sales = BTreeMap::new();
    let Some(clip) = part(given, "clip")? else {
        return Ok(sales);
    };
    let told = clip.object("sales")?;
    for (key, fields) in told.members() {
        let place = fields.wide("pos")?;
        let place = usize::try_from(place)
            .map_err(|_| fields.wrong("pos", &place.to_string(), "a place in the list"))?;
        let sale = Sale {
            auction: DutchAuction {
                target: Rad(fields.wide("tab")?),
                lot: Amount(fields.wide("lot")?),
                started: Timestamp(seconds(&fields, "tic")?),
                top: Price(fields.wide("top")?),
            },
            owner: names.id(&fields, "usr")?,
            place,
        };
        sales.insert((TYPE, AuctionId(key_number(&told, key)?)), sale);
    }
    Ok(sales)
}

fn bids(
    given: &Fields<'_>,
    names: &Names,
) -> Result<BTreeMap<(House, AuctionId), Bid>, FieldError> {
    let mut bids = BTreeMap::new();
    for (section, house) in HOUSES {
        let Some(fields) = part(given, section)? else {
            continue;
        };
        let told = fields.object("bids")?;
        for (key, fields) in told.members() {
            let mut bid = Bid {
                auction: EnglishAuction {
                    bid: fields.wide("bid")?,
                    lot: fields.wide("lot")?,
                    bidder: names.party(&fields, "guy")?,
                    bid_expiry: Timestamp(seconds(&fields, "tic")?),
                    end: Timestamp(seconds(&fields, "end")?),
                },
                ..Bid::default()
            };
            if house == House::Collateral(TYPE) {
                bid.owner = names.party(&fields, "usr")?;
                bid.recipient = names.party(&fields, "gal")?;
                bid.target = Rad(fields.wide("tab")?);
            }
            bids.insert((house, AuctionId(key_number(&told, key)?)), bid);
        }
    }
    Ok(bids)
}

/// The English houses and their sections.
const HOUSES: [(&str, House); 3] = [
    ("flip", House::Collateral(TYPE)),
    ("flop", House::Debt),
    ("flap", House::Surplus),
];

fn queue(given: &Fields<'_>) -> Result<BTreeMap<Timestamp, Rad>, FieldError> {
    let mut queue = BTreeMap::new();
    let sin = given.object("vow")?.object("sin")?;
    for (key, _) in sin.members() {
        let since = key_number(&sin, key)?;
        let since =
            u64::try_from(since).map_err(|_| sin.wrong(key, key, "unix seconds below 2^64"))?;
        queue.insert(Timestamp(since), Rad(sin.wide(key)?));
    }
    Ok(queue)
}

/// Which contracts a case is about.
fn version(given: &Fields<'_>) -> Result<MakerVersion, FieldError> {
    if given.has("clip") {
        return Ok(MakerVersion::V2_0);
    }
    let number = given.text("version")?;
    MakerVersion::parse(number).ok_or_else(|| {
        let known: Vec<_> = MakerVersion::ALL.iter().map(|v| v.number()).collect();
        given.wrong("version", number, &known.join(", "))
    })
}

/// The system of a case and its addresses' names.
pub(super) fn read(given: &Fields<'_>, steps: &[Fields<'_>]) -> Result<(Maker, Names), FieldError> {
    let names = Names::collect(given, steps)?;
    let setup = MakerSetup {
        version: version(given)?,
        core: core(given)?,
        roles: Roles {
            treasury: names.role(VOW),
            liquidator: names.role(CAT),
            surplus_house: names.role(FLAP),
        },
        kinds: collateral_type(given, &names)?.into_iter().collect(),
        accounts: accounts(given, &names)?,
        queue: queue(given)?,
        sales: sales(given, &names)?,
        bids: bids(given, &names)?,
    };
    let maker = setup.build().map_err(|error| FieldError {
        field: format!("given: {}", error.field),
        problem: error.problem,
    })?;
    Ok((maker, names))
}

/// Every leaf that the state of a case can have, whether or not the case tells it. The list of
/// running auctions is one leaf.
pub(super) fn show(maker: &Maker, names: &Names) -> Leaves {
    let core = maker.core();
    let mut shown = leaves(&json!({
        "now": text(U256::from(maker.now().0)),
        "vow": show_treasury(maker),
        "gem": {"supply": text(core.tokens.0)},
        "spotter": {"par": text(core.target_price.0)},
        "vat": {"debt": text(core.issued.0), "vice": text(core.unbacked.0)},
        "flop": {
            "live": flag(core.debt_house.enabled),
            "pad": text(core.debt_house.lot_growth.0),
            "kicks": text(core.debt_house.started),
        },
        "flap": {
            "live": flag(core.surplus_house.enabled),
            "kicks": text(core.surplus_house.started),
            "lid": text(core.surplus_house.limit.0),
            "fill": text(core.surplus_house.in_auction.0),
        },
    }));
    let mut put = |path: String, value: Value| shown.extend(below(&path, leaves(&value)));
    put("flop".to_owned(), show_terms(&core.debt_house.terms));
    put("flap".to_owned(), show_terms(&core.surplus_house.terms));
    for (at, name) in (0..).map(AccountId).zip(&names.0) {
        if let Some(account) = maker.account(at) {
            let held = account.holding(TYPE);
            put(format!("vat.dai.{name}"), text(account.coins.0));
            put(format!("vat.sin.{name}"), text(account.bad_debt.0));
            put(format!("vat.gem.{name}"), text(held.free.0));
            put(format!("vat.urns.{name}.ink"), text(held.locked.0));
            put(format!("vat.urns.{name}.art"), text(held.debt.0));
            put(format!("gem.bal.{name}"), text(account.tokens.0));
        }
    }
    for (section, house) in HOUSES {
        for (id, bid) in maker.bids(house) {
            put(format!("{section}.bids.{id}"), show_bid(house, bid, names));
        }
    }
    for id in maker.running(TYPE) {
        if let Some(sale) = maker.sale(TYPE, *id) {
            put(format!("clip.sales.{id}"), show_sale(sale, names));
        }
    }
    if let Some(kind) = maker.kinds().first() {
        put(String::new(), show_type(kind));
        put(String::new(), show_liquidator(maker, kind));
    }
    let running = maker.running(TYPE).iter().map(|id| text(id.0));
    shown.insert("clip.active".to_owned(), running.collect());
    shown
}

fn flag(on: bool) -> Value {
    Value::from(if on { "1" } else { "0" })
}

fn show_terms(terms: &EnglishTerms) -> Value {
    json!({
        "beg": text(terms.min_step.0),
        "ttl": text(U256::from(terms.bid_duration)),
        "tau": text(U256::from(terms.duration)),
    })
}

fn show_treasury(maker: &Maker) -> Value {
    let treasury = &maker.core().treasury;
    let queue = maker.queue();
    let queue: Map<String, Value> = queue
        .map(|(since, amount)| (since.0.to_string(), text(amount.0)))
        .collect();
    json!({
        "live": flag(treasury.enabled),
        "Sin": text(treasury.queued.0),
        "Ash": text(treasury.in_auction.0),
        "wait": text(treasury.queue_delay),
        "dump": text(treasury.debt_lot.0),
        "sump": text(treasury.debt_bid.0),
        "bump": text(treasury.surplus_lot.0),
        "hump": text(treasury.surplus_buffer.0),
        "sin": queue,
    })
}

fn show_bid(house: House, bid: &Bid, names: &Names) -> Value {
    let auction = &bid.auction;
    let mut shown = json!({
        "bid": text(auction.bid),
        "lot": text(auction.lot),
        "guy": names.name(auction.bidder),
        "tic": text(U256::from(auction.bid_expiry.0)),
        "end": text(U256::from(auction.end.0)),
    });
    if let (House::Collateral(_), Some(shown)) = (house, shown.as_object_mut()) {
        shown.insert("usr".to_owned(), names.name(bid.owner));
        shown.insert("gal".to_owned(), names.name(bid.recipient));
        shown.insert("tab".to_owned(), text(bid.target.0));
    }
    shown
}

fn show_sale(sale: &Sale, names: &Names) -> Value {
    json!({
        "pos": sale.place.to_string(),
        "tab": text(sale.auction.target.0),
        "lot": text(sale.auction.lot.0),
        "usr": names.name(Some(sale.owner)),
        "tic": text(U256::from(sale.auction.started.0)),
        "top": text(sale.auction.top.0),
    })
}

fn show_type(kind: &CollateralType) -> Value {
    let (house, terms) = (&kind.dutch, &kind.dutch.terms);
    let quote = kind.feed.current();
    let calc = match terms.curve {
        PriceCurve::Linear { duration } => json!({"kind": "linear", "tau": text(duration)}),
        PriceCurve::Stairstep { cut, step } => {
            json!({"kind": "stairstep", "cut": text(cut.0), "step": text(step)})
        }
        PriceCurve::Exponential { cut } => json!({"kind": "exponential", "cut": text(cut.0)}),
    };
    json!({
        "vat": {"ilk": {
            "Art": text(kind.debt.0),
            "rate": text(kind.debt_index.0),
            "spot": text(kind.safe_price.0),
            "dust": text(kind.debt_floor.0),
        }},
        "spotter": {"mat": text(kind.liquidation_ratio.0)},
        "osm": {"value": text(quote.value), "valid": quote.valid},
        "calc": calc,
        "clip": {
            "buf": text(house.start_factor.0),
            "tail": text(terms.reset_after),
            "cusp": text(terms.reset_below.0),
            "chip": text(house.keeper_share.0),
            "tip": text(house.keeper_flat.0),
            "chost": text(terms.min_rest.0),
            "stopped": text(house.halted),
            "kicks": text(house.started),
        },
    })
}

/// The contract that liquidates, by the name of its version, and its English house.
fn show_liquidator(maker: &Maker, kind: &CollateralType) -> Value {
    let all = &maker.core().liquidations;
    let mut flip = show_terms(&kind.english.terms);
    if let Some(flip) = flip.as_object_mut() {
        flip.insert("kicks".to_owned(), text(kind.english.started));
    }
    let live = flag(all.enabled);
    let (chop, lot) = (text(kind.penalty), text(kind.lot_max));
    match maker.version() {
        MakerVersion::V1_0 => json!({
            "cat": {"live": live, "chop": chop, "lump": lot},
            "flip": flip,
        }),
        MakerVersion::V1_2 => json!({
            "cat": {
                "live": live,
                "chop": chop,
                "dunk": lot,
                "box": text(all.limit.0),
                "litter": text(all.in_auction.0),
            },
            "flip": flip,
        }),
        MakerVersion::V2_0 => json!({"dog": {
            "live": live,
            "chop": chop,
            "Hole": text(all.limit.0),
            "Dirt": text(all.in_auction.0),
            "hole": text(kind.limit.0),
            "dirt": text(kind.in_auction.0),
        }}),
    }
}
