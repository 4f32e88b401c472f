//! Lines and numbers of the text forms.

use std::borrow::Cow;

use super::File;

/// The lines of a file with their numbers, from 1, without their ends. Bytes that are no UTF-8 are Latin-1, as
/// Windows programs write it. A byte-order mark is no part of the first line.
pub(super) fn lines<'a>(file: &File<'a>) -> impl Iterator<Item = (usize, Cow<'a, str>)> + use<'a> {
    let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file.bytes);
    (1..).zip(bytes.split(|byte| *byte == b'\n')).map(|(number, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line)
            .map_or_else(|_| Cow::Owned(line.iter().copied().map(char::from).collect()), Cow::Borrowed);
        (number, text)
    })
}

/// One to eight hexadecimal digits and nothing else.
pub(super) fn hex(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 8 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()
}

/// `0x` in either case, and one to eight hexadecimal digits.
pub(super) fn prefixed_hex(text: &str) -> Option<u32> {
    hex(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?)
}

/// Decimal digits and nothing else.
pub(super) fn decimal(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_by_number_whatever_their_ends_and_their_bytes() {
        let file = File { name: "x", bytes: b"\xef\xbb\xbfa\r\nCore\xae\n\nb" };
        let read: Vec<_> = lines(&file).map(|(number, line)| format!("{number}{line}")).collect();
        assert_eq!(read, ["1a", "2Core\u{ae}", "3", "4b"]);
    }

    #[test]
    fn numbers_are_digits_alone() {
        assert_eq!((hex("0F"), hex("ffffffff"), prefixed_hex("0X1f")), (Some(15), Some(u32::MAX), Some(31)));
        assert_eq!([hex(""), hex("+1"), hex("123456789"), hex("g"), prefixed_hex("1f")], [None; 5]);
        assert_eq!((decimal("010"), decimal("+1"), decimal("4294967296")), (Some(10), None, None));
    }
}
