//! Mappings from one picture to another that keep lines straight and parallel.

use super::orientation::{DIRECTIONS, UNIT};

/// The mapping must turn a key point as it turned by itself, up to an angle with this square of the
/// cosine: 30 degrees.
const TURN: f64 = 0.75;

/// By what factor areas may grow more or less than the scale of a key point says.
const GROWTH: f64 = 2.5;

/// By what factor areas may grow or shrink.
const MOST_GROWTH: f64 = 36.0;

/// The sum of the squares of a mapping's parts over its growth: r + 1/r for one that stretches one
/// way r times more than the other, here at most 1.64.
const MOST_STRETCH: f64 = 2.25;

/// How flat points may lie for a mapping to follow from them: least share of the square of the
/// spread that the product of the spreads along and across must have.
const FLATTEST: f64 = 1e-3;

/// A place in a picture, in pixels of the canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

/// A match as a mapping sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    /// Place of the key point in the first picture.
    pub from: Point,
    /// Its place in the second.
    pub to: Point,
    /// Sectors by which it turned, below 30.
    pub turn: usize,
    /// By what factor areas grow, as the levels have it.
    pub growth: f64,
    /// Square of how many pixels off the key point may lie in the second picture.
    pub tolerance: f64,
}

/// `(x, y)` → `(xx · x + xy · y + x0, yx · x + yy · y + y0)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping {
    xx: f64,
    xy: f64,
    yx: f64,
    yy: f64,
    x0: f64,
    y0: f64,
}

impl Mapping {
    /// Finds the turn, growth and shift that brings two points to two others; `None` if they are
    /// nearer to each other than `apart` in either picture.
    pub(super) fn of_two(a: &Link, b: &Link, apart: f64) -> Option<Self> {
        let (dx, dy) = (b.from.x - a.from.x, b.from.y - a.from.y);
        let (ex, ey) = (b.to.x - a.to.x, b.to.y - a.to.y);
        let square = dx * dx + dy * dy;
        if square < apart * apart || ex * ex + ey * ey < apart * apart {
            return None;
        }
        let (cos, sin) = ((ex * dx + ey * dy) / square, (ey * dx - ex * dy) / square);
        Some(Self {
            xx: cos,
            xy: -sin,
            yx: sin,
            yy: cos,
            x0: a.to.x - (cos * a.from.x - sin * a.from.y),
            y0: a.to.y - (sin * a.from.x + cos * a.from.y),
        })
    }

    /// Finds the mapping with the least sum of squared errors; `None` if the points lie nearly on a
    /// line.
    pub(super) fn fitted<'a>(links: impl Iterator<Item = &'a Link> + Clone) -> Option<Self> {
        let from = middle(links.clone().map(|link| link.from));
        let to = middle(links.clone().map(|link| link.to));
        // Sums of products: of the first picture with itself, and of the second with the first.
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        let (mut across, mut down) = ((0.0, 0.0), (0.0, 0.0));
        for link in links {
            let (dx, dy) = (link.from.x - from.x, link.from.y - from.y);
            let (ex, ey) = (link.to.x - to.x, link.to.y - to.y);
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
            across = (across.0 + ex * dx, across.1 + ex * dy);
            down = (down.0 + ey * dx, down.1 + ey * dy);
        }
        let area = xx * yy - xy * xy;
        let is_wide = area > FLATTEST * (xx + yy) * (xx + yy);
        is_wide.then(|| {
            let row = |(x, y): (f64, f64)| ((x * yy - y * xy) / area, (y * xx - x * xy) / area);
            let ((a, b), (c, d)) = (row(across), row(down));
            Self {
                xx: a,
                xy: b,
                yx: c,
                yy: d,
                x0: to.x - (a * from.x + b * from.y),
                y0: to.y - (c * from.x + d * from.y),
            }
        })
    }

    /// Tells whether it brings a key point to its match, turned and grown about as it is.
    pub(super) fn holds(&self, link: &Link) -> bool {
        let x = self.xx * link.from.x + self.xy * link.from.y + self.x0;
        let y = self.yx * link.from.x + self.yy * link.from.y + self.y0;
        let (dx, dy) = (x - link.to.x, y - link.to.y);
        dx * dx + dy * dy <= link.tolerance * self.growth().max(1.0) && self.suits(link)
    }

    /// Tells whether it turns and grows about as a key point did.
    pub(super) fn suits(&self, link: &Link) -> bool {
        let (cos, sin) = DIRECTIONS[link.turn];
        let unit = f64::from(UNIT);
        let (cos, sin) = (f64::from(cos) / unit, f64::from(sin) / unit);
        let (right, down) = (self.xx + self.yy, self.yx - self.xy);
        let along = right * cos + down * sin;
        let growth = self.growth();
        along > 0.0
            && along * along >= TURN * (right * right + down * down)
            && growth <= GROWTH * link.growth
            && growth * GROWTH >= link.growth
    }

    /// Tells whether copies are made like this: not mirrored, not much larger, smaller or stretched.
    /// A rectangle then stays convex by itself.
    pub(super) fn is_plausible(&self) -> bool {
        let growth = self.growth();
        let squares = self.xx * self.xx + self.xy * self.xy + self.yx * self.yx + self.yy * self.yy;
        growth * MOST_GROWTH >= 1.0 && growth <= MOST_GROWTH && squares <= MOST_STRETCH * growth
    }

    /// By what factor areas grow; negative if mirrored.
    fn growth(&self) -> f64 {
        self.xx * self.yy - self.xy * self.yx
    }
}

/// The mean of points; of none, not a number.
pub(super) fn middle(points: impl Iterator<Item = Point>) -> Point {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for point in points {
        (x, y, count) = (x + point.x, y + point.y, count + 1.0);
    }
    Point {
        x: x / count,
        y: y / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: (f64, f64), to: (f64, f64), turn: usize) -> Link {
        Link {
            from: Point {
                x: from.0,
                y: from.1,
            },
            to: Point { x: to.0, y: to.1 },
            turn,
            growth: 1.0,
            tolerance: 4.0,
        }
    }

    fn mapping([xx, xy, yx, yy]: [f64; 4]) -> Mapping {
        Mapping {
            xx,
            xy,
            yx,
            yy,
            x0: 3.0,
            y0: 4.0,
        }
    }

    #[test]
    fn two_points_say_how_a_picture_was_turned_if_they_are_apart() {
        // By 120 degrees: ten sectors.
        let (cos, sin) = (-0.5, 0.75_f64.sqrt());
        let turned = |x: f64, y: f64| (cos * x - sin * y + 50.0, sin * x + cos * y + 60.0);
        let links = [(10.0, 20.0), (60.0, 30.0)].map(|(x, y)| link((x, y), turned(x, y), 10));
        let found = Mapping::of_two(&links[0], &links[1], 8.0).unwrap();
        assert!(found.is_plausible());
        assert!(found.holds(&link((33.0, 7.0), turned(33.0, 7.0), 10)));
        assert!(
            !found.holds(&link((33.0, 7.0), turned(33.0, 7.0), 20)),
            "it faces elsewhere"
        );
        assert!(
            !found.holds(&link((33.0, 7.0), turned(36.0, 7.0), 10)),
            "it lies elsewhere"
        );
        let larger = Link {
            growth: 4.0,
            ..link((33.0, 7.0), turned(33.0, 7.0), 10)
        };
        assert!(!found.holds(&larger));
        assert!(Mapping::of_two(&links[0], &links[0], 8.0).is_none());
    }

    #[test]
    fn a_fitted_mapping_is_exact_where_points_are_and_none_where_they_are_on_a_line() {
        let exact = mapping([1.1, 0.2, -0.1, 0.9]);
        let to = |x: f64, y: f64| (1.1 * x + 0.2 * y + 3.0, -0.1 * x + 0.9 * y + 4.0);
        let places = [(0.0, 0.0), (100.0, 10.0), (30.0, 90.0), (70.0, 80.0)];
        let links = places.map(|(x, y)| link((x, y), to(x, y), 0));
        let found = Mapping::fitted(links.iter()).unwrap();
        for (found, exact) in [
            (found.xx, exact.xx),
            (found.xy, exact.xy),
            (found.yx, exact.yx),
            (found.yy, exact.yy),
            (found.x0, exact.x0),
            (found.y0, exact.y0),
        ] {
            assert!((found - exact).abs() < 1e-9);
        }
        let line = [1.0, 2.0, 3.0, 4.0].map(|x| link((x, 2.0 * x), (x, x), 0));
        assert!(Mapping::fitted(line.iter()).is_none());
        assert!(Mapping::fitted(line[..0].iter()).is_none());
        assert!(Mapping::fitted(line[..1].iter()).is_none());
    }

    #[test]
    fn mirrored_stretched_and_vanishing_pictures_are_not_plausible() {
        assert!(mapping([1.0, 0.0, 0.0, 1.0]).is_plausible());
        assert!(mapping([0.0, -2.0, 2.0, 0.0]).is_plausible());
        assert!(mapping([1.5, 0.0, 0.0, 1.0]).is_plausible());
        assert!(!mapping([-1.0, 0.0, 0.0, 1.0]).is_plausible(), "mirrored");
        assert!(!mapping([1.7, 0.0, 0.0, 1.0]).is_plausible(), "stretched");
        assert!(!mapping([1.0, 0.9, 0.0, 1.0]).is_plausible(), "sheared");
        assert!(!mapping([0.1, 0.0, 0.0, 0.1]).is_plausible(), "too small");
        assert!(!mapping([7.0, 0.0, 0.0, 7.0]).is_plausible(), "too large");
        assert!(!mapping([0.0; 4]).is_plausible());
        assert!(!mapping([f64::NAN, 0.0, 0.0, 1.0]).is_plausible());
    }
}
