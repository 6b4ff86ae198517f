//! Quantities as Kubernetes writes them: `512Mi`, `0.5`, `1e3`, `128974848`, `1500m`. Pure.

/// The suffixes of bytes and their factors.
const BINARY: [(&str, u128); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];
/// The powers of ten.
const DECIMAL: [(&str, i32); 9] =
    [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// More digits than any quantity has.
const MAX_LENGTH: usize = 40;
/// No power of ten beyond it is meant.
const MAX_POWER: i32 = 30;

/// A quantity of memory in bytes, rounded up as Kubernetes does; none for what is no quantity, below 0, or more than 64 bits hold.
pub fn bytes(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > MAX_LENGTH {
        return None;
    }
    let binary = BINARY.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    if let Some((number, factor)) = binary {
        let (digits, point) = number_of(number)?;
        return scaled(digits.checked_mul(factor)?, -point);
    }
    let decimal = DECIMAL.iter().find_map(|(suffix, power)| Some((text.strip_suffix(suffix)?, *power)));
    if let Some((number, power)) = decimal {
        let (digits, point) = number_of(number)?;
        return scaled(digits, power.checked_sub(point)?);
    }
    let (number, power) = match text.split_once(['e', 'E']) {
        Some((number, power)) => (number, power.parse::<i32>().ok().filter(|power| power.abs() <= MAX_POWER)?),
        None => (text, 0),
    };
    let (digits, point) = number_of(number)?;
    scaled(digits, power.checked_sub(point)?)
}

/// As Kubernetes would write so many bytes: in the largest binary unit that divides them.
pub fn shown(bytes: u64) -> String {
    let fits = |(suffix, factor): &(&str, u128)| {
        let factor = u64::try_from(*factor).ok()?;
        (bytes > 0 && bytes.is_multiple_of(factor)).then(|| format!("{}{suffix}", bytes / factor))
    };
    BINARY.iter().rev().find_map(fits).unwrap_or_else(|| bytes.to_string())
}

/// All digits as one number, and how many of them stand behind the point.
fn number_of(text: &str) -> Option<(u128, i32)> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{part}");
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| are_digits)?, i32::try_from(part.len()).ok()?))
}

fn scaled(digits: u128, power: i32) -> Option<u64> {
    let factor = 10_u128.checked_pow(power.unsigned_abs())?;
    let value = if power < 0 { digits.div_ceil(factor) } else { digits.checked_mul(factor)? };
    u64::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_quantity_is_so_many_bytes() {
        for (text, wanted) in [
            ("0", 0),
            ("128974848", 128_974_848),
            ("129e6", 129_000_000),
            ("129M", 129_000_000),
            ("123Mi", 123 << 20),
            ("1.5Gi", 3 << 29),
            ("+64Ki", 65_536),
            ("128974848000m", 128_974_848),
            ("0.5", 1),
            (".5k", 500),
            ("1E", 1_000_000_000_000_000_000),
            ("1E3", 1_000),
            ("12e-1", 2),
            ("1Ei", 1 << 60),
        ] {
            assert_eq!(bytes(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for text in ["", "Mi", "-1", "1 Gi", "1Gib", "1e", "1e99", "ten", "1.2.3", "99999999Ei", "0x10", "1e3Mi", "٣"]
        {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for (value, wanted) in
            [(0, "0"), (1, "1"), (512 << 20, "512Mi"), (1 << 30, "1Gi"), (1_000, "1000"), (1536, "1536")]
        {
            assert_eq!(shown(value), wanted);
            assert_eq!(bytes(&shown(value)), Some(value));
        }
        assert_eq!(shown(3 << 29), "1536Mi");
    }
}
