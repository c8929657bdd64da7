//! The text of a stored numeric, without a call of the server: every number of every event is printed when it
//! is chained and when it is verified.
//!
//! The layout is that of PostgreSQL's `utils/adt/numeric.c`, unchanged since 9.1: a header of two bytes or,
//! for numbers far from zero, four, and digits to the base of 10,000, the most significant first.

const SIGN_MASK: u16 = 0xc000;
const NEGATIVE: u16 = 0x4000;
const SHORT: u16 = 0x8000;
const SPECIAL: u16 = 0xc000;
const SHORT_NEGATIVE: u16 = 0x2000;
const SHORT_SCALE_MASK: u16 = 0x1f80;
const SHORT_SCALE_SHIFT: u32 = 7;
const SHORT_WEIGHT_SIGN: u16 = 0x0040;
const SHORT_WEIGHT_MASK: u16 = 0x003f;
const SCALE_MASK: u16 = 0x3fff;

/// Decimal digits in one digit to the base of 10,000.
const DIGITS: usize = 4;
/// What is longer is rare, and left to the server.
pub const TEXT_MAX: usize = 96;

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Prints the number as `numeric_out` does, and returns the length. None where it is left to the server:
/// infinite, long, or not stored as the server stores numbers.
pub fn print(stored: &[u8], printed: &mut [u8; TEXT_MAX]) -> Option<usize> {
    let header = half(stored, 0)?;
    let (is_negative, scale, weight, digits) = match header & SIGN_MASK {
        SPECIAL => return None,
        SHORT => {
            let weight = (header & SHORT_WEIGHT_MASK).cast_signed();
            let below = if header & SHORT_WEIGHT_SIGN == 0 { 0 } else { SHORT_WEIGHT_MASK.cast_signed() + 1 };
            let scale = (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
            (header & SHORT_NEGATIVE != 0, scale, weight - below, stored.get(2..)?)
        }
        sign => (sign == NEGATIVE, header & SCALE_MASK, half(stored, 2)?.cast_signed(), stored.get(4..)?),
    };
    let (scale, weight) = (usize::from(scale), isize::from(weight));
    if weight.unsigned_abs() + scale / DIGITS > TEXT_MAX / DIGITS - 4 {
        return None;
    }
    // The digit that stands for 10,000 to this power; 0 where none is stored.
    let digit = |power: isize| match usize::try_from(weight - power) {
        Ok(place) if place < digits.len() / 2 => half(digits, place * 2).filter(|digit| *digit < 10_000),
        _ => Some(0),
    };
    let mut length = 0;
    let mut put = |byte: u8| {
        printed[length] = byte;
        length += 1;
    };
    if is_negative {
        put(b'-');
    }
    let mut has_begun = false;
    for power in (0..=weight.max(0)).rev() {
        let mut rest = digit(power)?;
        for (place, unit) in [1000, 100, 10, 1].into_iter().enumerate() {
            let decimal = rest / unit;
            rest %= unit;
            has_begun |= decimal > 0 || (power == 0 && place == DIGITS - 1);
            if has_begun {
                put(b'0' + u8::try_from(decimal).ok()?);
            }
        }
    }
    if scale > 0 {
        put(b'.');
    }
    for place in 0..scale {
        let whole = digit(-1 - isize::try_from(place / DIGITS).ok()?)?;
        let unit = [1000, 100, 10, 1][place % DIGITS];
        put(b'0' + u8::try_from(whole / unit % 10).ok()?);
    }
    Some(length)
}
