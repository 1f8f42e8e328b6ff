//! Numbers for people.

use std::time::Duration;

/// Bytes with a binary unit and three or four digits: `"40.5 MiB"`.
pub fn bytes(count: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let place = (count.ilog2() / 10) as usize;
    let number = count as f64 / 1024f64.powi(place as i32);
    let digits = if number < 10.0 { 2 } else { 1 };
    format!("{number:.digits$} {}", units[place - 1])
}

/// A number with thin groups of thousands: `"1,234,567"`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group));
    groups.fold(head.to_owned(), |text, group| text + "," + &group)
}

/// A time with three digits: `"1.25 s"`.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    let digits = if number < 10.0 { 2 } else { 1 };
    format!("{number:.digits$} {unit}")
}

/// `n` things, one thing.
pub fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_binary_units() {
        let pairs = [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (64 << 20, "64.0 MiB"), (u64::MAX, "16.0 EiB")];
        pairs.iter().for_each(|(count, text)| assert_eq!(bytes(*count), *text));
    }

    #[test]
    fn thousands_are_grouped() {
        let pairs = [(0, "0"), (999, "999"), (1000, "1,000"), (67_108_864, "67,108,864")];
        pairs.iter().for_each(|(count, text)| assert_eq!(grouped(*count), *text));
    }

    #[test]
    fn times_pick_their_unit() {
        let pairs = [(0, "0.00 µs"), (1_500, "1.50 µs"), (20_000_000, "20.0 ms"), (61_000_000_000, "61.0 s")];
        pairs.iter().for_each(|(nanos, text)| assert_eq!(time(Duration::from_nanos(*nanos)), *text));
    }
}
