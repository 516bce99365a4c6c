//! What arrives in pieces, cut into lines.

/// Cuts pieces into lines, each with its line break.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Takes a piece, and hands on each line that it ends.
    pub(super) fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(end.saturating_add(1));
            if self.0.is_empty() {
                each(line);
            } else {
                self.0.extend_from_slice(line);
                each(&self.0);
                self.0.clear();
            }
            rest = behind;
        }
        self.0.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_whole_however_they_arrive() {
        let text = b"a\nbc\n\ndef\nrest";
        for size in 1..=text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for piece in text.chunks(size) {
                lines.feed(piece, |line| found.push(line.to_vec()));
            }
            assert_eq!(found, [&b"a\n"[..], b"bc\n", b"\n", b"def\n"], "{size}");
        }
    }
}
