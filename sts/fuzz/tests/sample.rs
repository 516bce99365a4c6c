//! A sample of what the fuzzers do, the same in every run: seeds, and seeds that
//! were broken a few thousand times.

#[cfg(test)]
mod sample {
    use sts_fuzz::{TARGETS, Target};

    /// Inputs of a target: about a second of work without optimisation.
    fn inputs(target: &Target) -> usize {
        match target.name {
            "documents" => 200,
            "compile" => 1000,
            _ => 2000,
        }
    }

    /// Pieces that readers disagree about.
    const PIECES: [&[u8]; 20] = [
        b"\"",
        b"\\u0000",
        b"\\ud800",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"1e400",
        b"-0",
        b"null",
        b".",
        b"=",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\n",
        b"%00",
        b"&",
        b"9007199254740993",
    ];

    /// Xorshift: random enough to break things, and the same every time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
        }

        fn break_one(&mut self, input: &mut Vec<u8>) {
            let at = self.below(input.len());
            match self.below(5) {
                0 if !input.is_empty() => input[at] ^= 1 << self.below(8),
                1 => drop(input.splice(at..at, PIECES[self.below(PIECES.len())].iter().copied())),
                2 => {
                    let end = (at + self.below(8)).min(input.len());
                    input.drain(at..end);
                }
                3 => {
                    let end = (at + self.below(40)).min(input.len());
                    let piece = input[at..end].to_vec();
                    input.splice(at..at, piece);
                }
                _ => input.truncate(at),
            }
        }
    }

    fn broken(target: &Target) -> (usize, usize) {
        let seeds = (target.seeds)();
        let mut dice = Dice(0x5eed_0000_0000_0001);
        let mut accepted = 0;
        for _ in 0..inputs(target) {
            let mut input = seeds[dice.below(seeds.len())].clone();
            for _ in 0..=dice.below(3) {
                dice.break_one(&mut input);
            }
            accepted += usize::from((target.check)(&input));
        }
        (accepted, inputs(target) - accepted)
    }

    #[test]
    fn what_every_input_must_hold_holds_for_broken_ones() {
        for target in &TARGETS {
            let (accepted, refused) = broken(target);
            println!("{}: {accepted} accepted, {refused} refused", target.name);
            assert!(accepted > 0 && refused > 0, "{} sees both", target.name);
        }
    }

    #[test]
    fn every_seed_is_accepted() {
        for target in &TARGETS {
            let seeds = (target.seeds)();
            let refused = seeds.iter().filter(|seed| !(target.check)(seed)).count();
            assert_eq!(refused, 0, "{}", target.name);
        }
    }
}
