//! Medians, percentiles and slopes. Pure.

use serde::{Deserialize, Serialize};

/// Where samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The middle one.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// How many there are.
    pub n: usize,
}

impl Spread {
    /// Of samples; none of no samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let sorted = sorted(samples);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        Some(Self { median: median(samples)?, least, most, n: sorted.len() })
    }
}

/// The middle; of an even number the mean of the two in the middle.
pub fn median(samples: &[f64]) -> Option<f64> {
    let sorted = sorted(samples);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some((upper + lower) / 2.0)
}

/// The least sample that at least a share of all samples do not exceed.
pub fn percentile(samples: &[f64], share: f64) -> Option<f64> {
    let sorted = sorted(samples);
    let rank = (share.clamp(0.0, 1.0) * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// How the second of each pair grows with the first: the exponent, fitted by least squares to the logarithms.
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> =
        points.iter().filter(|(x, y)| *x > 0.0 && *y > 0.0).map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let (mean_x, mean_y) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let across: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let along: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    (logs.len() > 1 && across > 0.0).then(|| along / across)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_percentile_is_a_sample_and_at_least_the_share_lies_at_or_below_it() {
        let samples: Vec<f64> = (1..=300).rev().map(f64::from).collect();
        assert_eq!(percentile(&samples, 0.5), Some(150.0));
        assert_eq!(percentile(&samples, 0.99), Some(297.0));
        assert_eq!(percentile(&samples, 0.0), Some(1.0));
        assert_eq!(percentile(&samples, 1.0), Some(300.0));
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn a_spread_tells_the_ends_and_the_number() {
        let spread = Spread::of(&[5.0, -1.0, 2.0]).unwrap();
        assert_eq!(spread, Spread { median: 2.0, least: -1.0, most: 5.0, n: 3 });
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn the_slope_is_the_exponent_of_growth() {
        let grows = |power: f64| [1.0, 10.0, 100.0].map(|x: f64| (x, 3.0 * x.powf(power)));
        for power in [0.0, 0.5, 1.0, 2.0] {
            assert!((slope(&grows(power)).unwrap() - power).abs() < 1e-9, "{power}");
        }
        assert_eq!(slope(&[(1.0, 2.0)]), None);
        assert_eq!(slope(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
