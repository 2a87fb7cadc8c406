//! The bands: a persistent map by number, and a working copy over it.

use crate::units::U256;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one band holds. A band that holds nothing does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Band {
    /// Stablecoin, in 18 decimals.
    pub stable: U256,
    /// Collateral, in 18 decimals.
    pub collateral: U256,
    /// Shares of its depositors, without the dead ones.
    pub shares: U256,
}

impl Band {
    /// Nothing at all.
    pub const EMPTY: Self = Self {
        stable: U256::ZERO,
        collateral: U256::ZERO,
        shares: U256::ZERO,
    };
}

/// Bands of one piece of the map.
const PIECE: i64 = 32;

type Piece = Arc<[Band; 32]>;

/// All bands by number. A clone is one reference count; a write after it copies one piece and the
/// list of pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Bands(Arc<BTreeMap<i64, Piece>>);

fn place(number: i64) -> (i64, usize) {
    let within = usize::try_from(number.rem_euclid(PIECE)).unwrap_or_default();
    (number.div_euclid(PIECE), within)
}

impl Bands {
    pub(super) fn get(&self, number: i64) -> &Band {
        let (piece, within) = place(number);
        let bands = self.0.get(&piece);
        let band = bands.and_then(|bands| bands.get(within));
        band.unwrap_or(&Band::EMPTY)
    }

    pub(super) fn set(&mut self, number: i64, band: Band) {
        self.write(&[(number, band)]);
    }

    /// Writes bands, a piece once where they come in order.
    pub(super) fn write(&mut self, bands: &[(i64, Band)]) {
        let pieces = Arc::make_mut(&mut self.0);
        let piece_of = |number: i64| place(number).0;
        for run in bands.chunk_by(|(a, _), (b, _)| piece_of(*a) == piece_of(*b)) {
            let Some((number, _)) = run.first() else {
                continue;
            };
            let piece = pieces
                .entry(piece_of(*number))
                .or_insert_with(|| Arc::new([Band::EMPTY; 32]));
            let piece = Arc::make_mut(piece);
            for (number, band) in run {
                if let Some(held) = piece.get_mut(place(*number).1) {
                    *held = *band;
                }
            }
        }
    }

    /// Those that hold something, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, Band)> + '_ {
        let within = |(piece, bands): (&i64, &Piece)| {
            let first = piece.saturating_mul(PIECE);
            let bands = **bands;
            (first..first.saturating_add(PIECE)).zip(bands)
        };
        let all = self.0.iter().flat_map(within);
        all.filter(|(_, band)| *band != Band::EMPTY)
    }
}

/// A working copy: what was written, over what stands.
#[derive(Clone, Debug)]
pub(super) struct BandDraft<'a> {
    base: &'a Bands,
    /// What was written, ascending by number.
    written: Vec<(i64, Band)>,
    /// What stands there, in the same order.
    before: Vec<&'a Band>,
}

impl<'a> BandDraft<'a> {
    pub(super) fn new(base: &'a Bands) -> Self {
        Self {
            base,
            written: Vec::new(),
            before: Vec::new(),
        }
    }

    /// Whether nothing was written yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.written.is_empty()
    }

    /// Makes room for so many bands that will be written.
    pub(super) fn reserve(&mut self, count: usize) {
        self.written.reserve_exact(count);
        self.before.reserve_exact(count);
    }

    /// Where a band stands among the written, or would stand.
    fn place(&self, number: i64) -> Result<usize, usize> {
        match self.written.last() {
            Some((last, _)) if *last >= number => self
                .written
                .binary_search_by_key(&number, |(written, _)| *written),
            _ => Err(self.written.len()),
        }
    }

    pub(super) fn get(&self, number: i64) -> &Band {
        let written = self.place(number).ok();
        match written.and_then(|place| self.written.get(place)) {
            Some((_, after)) => after,
            None => self.base.get(number),
        }
    }

    /// A band to be written, which is always there.
    pub(super) fn get_mut(&mut self, number: i64) -> Option<&mut Band> {
        let place = self.place(number).unwrap_or_else(|place| {
            let before = self.base.get(number);
            self.written.insert(place, (number, *before));
            self.before.insert(place, before);
            place
        });
        self.written.get_mut(place).map(|(_, band)| band)
    }

    pub(super) fn set(&mut self, number: i64, after: Band) {
        if let Some(band) = self.get_mut(number) {
            *band = after;
        }
    }

    /// What was written, with what stood there before.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&Band, &Band)> + '_ {
        let after = self.written.iter().map(|(_, after)| after);
        self.before.iter().copied().zip(after)
    }

    /// What was written, ascending by number.
    pub(super) fn into_written(self) -> Vec<(i64, Band)> {
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_are_independent() {
        let band = |n: u64| Band {
            stable: U256::from(n),
            ..Band::EMPTY
        };
        let mut parent = Bands::default();
        for number in [-33, -32, -1, 0, 31, 32] {
            parent.set(number, band(7));
        }
        let mut fork = parent.clone();
        fork.set(-1, band(8));
        fork.set(31, Band::EMPTY);
        let numbers = |bands: &Bands| bands.iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers(&parent), [-33, -32, -1, 0, 31, 32]);
        assert_eq!(numbers(&fork), [-33, -32, -1, 0, 32]);
        assert_eq!((parent.get(-1), fork.get(-1)), (&band(7), &band(8)));
        assert_eq!(fork.get(1_000_000), &Band::EMPTY);
    }
}
