//! Small gray pictures, resized in whole numbers.

/// A gray picture whose longer side has a known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Small {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Small {
    /// Takes over a picture; `None` if the number of values does not fit.
    pub(super) fn new(width: usize, height: usize, values: Vec<u8>) -> Option<Self> {
        let fits = width > 0 && height > 0 && values.len() == width * height;
        fits.then_some(Self {
            width,
            height,
            values,
        })
    }

    /// Width and height.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The values, rows from the top.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }

    /// Brings the longer side to `longer` pixels, each the mean of the area it covers. Proportions
    /// are kept exactly: a last row or column that would be covered only in part is left out.
    pub(super) fn resized(&self, longer: usize) -> Self {
        let side = self.width.max(self.height);
        let columns = Shares::new(self.width, side, longer);
        let rows = Shares::new(self.height, side, longer);
        let (width, height) = (columns.len(), rows.len());
        let mut narrow = vec![0; width * self.height];
        let lines = narrow.chunks_exact_mut(width);
        for (line, values) in lines.zip(self.values.chunks_exact(self.width)) {
            for (place, sum) in line.iter_mut().enumerate() {
                *sum = columns.sum(place, |at| u64::from(values[at]));
            }
        }
        let mut values = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let sum = rows.sum(row, |at| narrow[at * width + column]);
                let area = columns.sum(column, |_| 1) * rows.sum(row, |_| 1);
                values.push(((sum + area / 2) / area) as u8);
            }
        }
        Self {
            width,
            height,
            values,
        }
    }
}

/// Which old pixels each new one covers along one axis, and how much of each.
struct Shares(Vec<Vec<(usize, u64)>>);

impl Shares {
    /// Divides `length` pixels where `side` of them become `longer`. At least one is made.
    fn new(length: usize, side: usize, longer: usize) -> Self {
        let share = |place: usize| {
            // In units of which an old pixel has `longer` and a new one `side`.
            let (start, end) = (place * side, ((place + 1) * side).min(length * longer));
            let covered = start / longer..end.div_ceil(longer);
            let part = |at: usize| ((at + 1) * longer).min(end) - (at * longer).max(start);
            covered.map(|at| (at, part(at) as u64)).collect()
        };
        Self((0..(length * longer / side).max(1)).map(share).collect())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn sum(&self, place: usize, value: impl Fn(usize) -> u64) -> u64 {
        let shares = self.0[place].iter();
        shares.map(|(at, part)| part * value(*at)).sum()
    }
}
