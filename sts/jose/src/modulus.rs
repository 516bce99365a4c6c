//! RSA moduli that can be factored at sight. Their residues modulo small primes
//! tell, so no arithmetic on large numbers is needed.

/// Small primes are those below this: beyond it no library's key generation fails by accident.
const SMALL_PRIMES_END: u64 = 1024;

/// Primes whose residues tell keys of the flawed Infineon generator from others.
const ROCA_PRIMES: [u64; 17] =
    [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// Whether the modulus has a small factor, is a square, or was made by the
/// flawed Infineon generator. A sound one is taken for such with a chance of
/// less than 2^-27.
pub(crate) fn is_factored_at_sight(n: &[u8]) -> bool {
    has_small_factor_or_root(n) || has_roca_fingerprint(n)
}

/// A square is a square modulo every prime; another number is one modulo each of
/// the 171 primes with a chance of a half (Euler's criterion).
fn has_small_factor_or_root(n: &[u8]) -> bool {
    let mut seems_square = true;
    for prime in (3..SMALL_PRIMES_END).step_by(2).filter(|candidate| is_prime(*candidate)) {
        let residue = residue(n, prime);
        if residue == 0 {
            return true;
        }
        seems_square = seems_square && power(residue, (prime - 1) / 2, prime) == 1;
    }
    seems_square
}

/// CVE-2017-15361: primes of such a key are powers of 65537 modulo small primes,
/// and so is the modulus; it can be factored.
fn has_roca_fingerprint(n: &[u8]) -> bool {
    ROCA_PRIMES.into_iter().all(|prime| {
        let residue = residue(n, prime);
        let powers = std::iter::successors(Some(1), |power| {
            Some(power * 65_537 % prime).filter(|p| *p != 1)
        });
        powers.take(usize::try_from(prime).unwrap_or(usize::MAX)).any(|power| power == residue)
    })
}

fn is_prime(number: u64) -> bool {
    (3..number)
        .step_by(2)
        .take_while(|factor| factor * factor <= number)
        .all(|factor| !number.is_multiple_of(factor))
}

fn residue(n: &[u8], modulus: u64) -> u64 {
    n.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % modulus)
}

fn power(base: u64, exponent: u64, modulus: u64) -> u64 {
    (0..exponent).fold(1, |product, _| product * base % modulus)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2048 bits from two primes of 1024; and one of those primes squared.
    const SOUND: &str = "a651c8ad799e853b1c320a570cc3bd01304ed6d574d53c3172a28f874eebc7c846300f9ba936555cc6d09261\
        20d9c2dc3e1b5474afc99a0dd91fcd8fb4c7359eaedd1dbdf47cf0f8c41988b1b1cfd93d027d394704436329\
        119388f334bd172f278b3fe93b67f17eafc6e0840fa52df589ebb93ab9867a5cdcfef456aa2c86be5804b412\
        f7cd537a325fff7c6ab9c420a15805084e672654b00a5527b70b3e6d6498efb6cab344ba31d3f86fba384e2d\
        facf3934ff2afb2e4457e0e8954b917e2232a2bbd514c5d4c5178b0539dc1a1bf94912fd38d1a4b9134292c4\
        e0a563e958d0af2a3c4f3e76f03489f0b02a5aa2c6789e65dcab3fa46878fb23e9ea16cf";
    const PRIME: &str = "e1984f19becb0d47af6bfb18ce048c0b740be977f978ff331ea1e2de38743b13498ea3df4ca57010ce330c0b\
        0769b13bd2e7134a6939b9c6253c1daa30152c21f9e3eb1182799996732b9857d3eea97b4b34433bfca1fbe0\
        6aa74a6bbf5cb01d605eb3affa0fd27319cf10e1b48d746a2d7844b59a0ff54b09d7f9bc3904a85d";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> =
            hex.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
        digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
    }

    /// Schoolbook multiplication, big-endian.
    fn product(a: &[u8], b: &[u8]) -> Vec<u8> {
        let mut sum = vec![0_u32; a.len() + b.len()];
        for (i, x) in a.iter().rev().enumerate() {
            let mut carry = 0;
            for (j, y) in b.iter().rev().enumerate() {
                let digit = sum[i + j] + u32::from(*x) * u32::from(*y) + carry;
                sum[i + j] = digit % 256;
                carry = digit / 256;
            }
            sum[i + b.len()] += carry;
        }
        sum.iter().rev().map(|digit| *digit as u8).collect()
    }

    #[test]
    fn a_modulus_of_two_large_primes_is_sound() {
        assert!(!is_factored_at_sight(&bytes(SOUND)));
    }

    #[test]
    fn a_modulus_with_a_small_factor_or_one_prime_twice_is_not() {
        let (sound, prime) = (bytes(SOUND), bytes(PRIME));
        assert!(!has_small_factor_or_root(&prime), "the prime itself is none");
        assert!(has_small_factor_or_root(&product(&prime, &prime)));
        for factor in [3_u16, 101, 1021] {
            assert!(has_small_factor_or_root(&product(&sound, &factor.to_be_bytes())), "{factor}");
        }
        assert!(
            !has_small_factor_or_root(&product(&prime, &1031_u16.to_be_bytes())),
            "1031 is beyond"
        );
    }
}
