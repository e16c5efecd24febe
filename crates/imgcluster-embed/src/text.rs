//! How sizes and foreign messages are put into reasons: one line, lower case, no full stop.

use std::io;

/// Shows a number of bytes in the unit that suits it.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| count >= *size) {
        Some((size, unit)) if count.is_multiple_of(*size) => format!("{} {unit}", count / size),
        Some((size, unit)) => format!("{:.1} {unit}", count as f64 / *size as f64),
        None => format!("{count} bytes"),
    }
}

/// What the system says, without its error number.
pub(crate) fn system_reason(error: &io::Error) -> String {
    let message = error.to_string();
    one_line(message.split(" (os error").next().unwrap_or(&message))
}

/// Brings another library's message into the form of a reason.
pub(crate) fn one_line(message: &str) -> String {
    const LONGEST: usize = 200;
    let words: Vec<&str> = message.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(LONGEST).collect();
    let line = line.trim_end_matches(['.', ':', ' ']);
    let mut letters = line.chars();
    let (first, second) = (letters.next(), letters.next());
    match first {
        // An abbreviation (`CRC`, `LZW`) keeps its capitals.
        Some(first) if !second.is_some_and(char::is_uppercase) => {
            let rest = &line[first.len_utf8()..];
            format!("{}{rest}", first.to_lowercase())
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_unit_that_suits_them() {
        let shown = [0, 1023, 1024, 1536, 1 << 30, 5 << 30].map(bytes);
        let wanted = [
            "0 bytes",
            "1023 bytes",
            "1 KiB",
            "1.5 KiB",
            "1 GiB",
            "5 GiB",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn foreign_messages_become_one_lower_case_line_without_full_stop() {
        assert_eq!(one_line(""), "");
        assert_eq!(one_line("Bad\n  thing."), "bad thing");
        assert_eq!(one_line("CRC error: "), "CRC error");
        assert_eq!(one_line(&"é".repeat(999)).chars().count(), 200);
    }

    #[test]
    fn the_system_reason_has_no_number() {
        let error = io::Error::from_raw_os_error(13);
        assert!(!system_reason(&error).contains("os error"));
    }
}
