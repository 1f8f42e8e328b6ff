//! [`Vector`]: some keys side by side, and what sorting asks of them.
//!
//! Keys are signed integers. A vector has as many lanes on every processor, so that what is done with it leaves the same
//! order of the same values everywhere; where there are no such registers, it is an array.

/// A key: a signed integer that orders as its value does.
pub(super) trait Key: Copy + Ord + Send {
    const LEAST: Self;
    const MOST: Self;
    const ZERO: Self;
    /// The next smaller key; this is not the least.
    fn before(self) -> Self;
    /// The next larger key; this is not the largest.
    fn after(self) -> Self;
    /// The key of an unsigned integer of these bits, or its bits.
    fn of_unsigned(self) -> Self;
    /// The key of a float of these bits, or its bits: those of negative ones are turned around but for the sign.
    fn of_float(self) -> Self;
    /// Whether these are the bits of a float that is NaN.
    fn is_nan(self) -> bool;
}

macro_rules! keys {
    ($($t:ty, $unsigned:ty, $infinity:literal;)*) => {$(
        impl Key for $t {
            const LEAST: $t = <$t>::MIN;
            const MOST: $t = <$t>::MAX;
            const ZERO: $t = 0;
            #[inline(always)]
            fn before(self) -> $t {
                self.wrapping_sub(1)
            }
            #[inline(always)]
            fn after(self) -> $t {
                self.wrapping_add(1)
            }
            #[inline(always)]
            fn of_unsigned(self) -> $t {
                self ^ <$t>::MIN
            }
            #[inline(always)]
            fn of_float(self) -> $t {
                self ^ ((self >> (<$t>::BITS - 1)) as $unsigned >> 1) as $t
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self & <$t>::MAX > $infinity
            }
        }
    )*};
}
keys! {
    i16, u16, 0x7c00;
    i32, u32, 0x7f80_0000;
    i64, u64, 0x7ff0_0000_0000_0000;
}

/// Lanes of 32 bytes. One exists only where the processor has such registers, so that all else can be asked of it.
pub(super) trait Vector: Copy {
    type Key: Key;
    const LANES: usize;

    /// # Safety
    /// The processor has the registers.
    unsafe fn splat(key: Self::Key) -> Self;

    /// # Safety
    /// The processor has the registers; as many keys at `from` as there are lanes.
    unsafe fn load(from: *const Self::Key) -> Self;

    /// The keys that there are, then the largest key.
    ///
    /// # Safety
    /// The processor has the registers; `n` keys at `from`, which may be none, or more than there are lanes.
    unsafe fn load_some(n: usize, from: *const Self::Key) -> Self;

    /// # Safety
    /// Room for as many keys at `to` as there are lanes.
    unsafe fn store(self, to: *mut Self::Key);

    /// The smaller keys of each lane, and the larger ones.
    fn sort(self, other: Self) -> (Self, Self);

    /// Whether some lane has a larger key than that of the other vector.
    fn exceeds(self, other: Self) -> bool;

    /// The keys that are not larger than those of the other vector first, in order, then the larger ones, in order; and how
    /// many are not larger.
    fn part(self, at: Self) -> (Self, usize);

    /// Lanes reversed within groups of 2, 4 or all.
    fn reverse<const GROUP: usize>(self) -> Self;

    /// Lanes exchanged with those `DISTANCE` (1 or 2) away.
    fn exchange<const DISTANCE: usize>(self) -> Self;

    /// Of as many vectors as there are lanes: rows become columns. What the others become is of no use.
    fn transpose(rows: [Self; 8]) -> [Self; 8];

    /// Of each 2 * `HALF` lanes the first `HALF` of this vector, the others of the other one.
    fn join<const HALF: usize>(self, other: Self) -> Self;
}

macro_rules! arrays {
    ($($t:ty, $lanes:literal;)*) => {$(
        impl Vector for [$t; $lanes] {
            type Key = $t;
            const LANES: usize = $lanes;
            #[inline(always)]
            unsafe fn splat(key: $t) -> Self {
                [key; $lanes]
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller's promise; an array lies as its elements do.
                unsafe { from.cast::<Self>().read() }
            }
            #[inline(always)]
            unsafe fn load_some(n: usize, from: *const $t) -> Self {
                // SAFETY: the caller's promise.
                std::array::from_fn(|i| if i < n { unsafe { from.add(i).read() } } else { <$t>::MAX })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: as above.
                unsafe { to.cast::<Self>().write(self) };
            }
            #[inline(always)]
            fn sort(self, other: Self) -> (Self, Self) {
                (std::array::from_fn(|i| self[i].min(other[i])), std::array::from_fn(|i| self[i].max(other[i])))
            }
            #[inline(always)]
            fn exceeds(self, other: Self) -> bool {
                (0..$lanes).fold(false, |found, i| found | (self[i] > other[i]))
            }
            #[inline(always)]
            fn part(self, at: Self) -> (Self, usize) {
                let larger: [usize; $lanes] = std::array::from_fn(|i| usize::from(self[i] > at[i]));
                let count = $lanes - larger.iter().sum::<usize>();
                let (mut parted, mut next) = (self, [0, count]);
                for i in 0..$lanes {
                    parted[next[larger[i]] % $lanes] = self[i];
                    next[larger[i]] += 1;
                }
                (parted, count)
            }
            #[inline(always)]
            fn reverse<const GROUP: usize>(self) -> Self {
                std::array::from_fn(|i| self[i ^ (GROUP - 1)])
            }
            #[inline(always)]
            fn exchange<const DISTANCE: usize>(self) -> Self {
                std::array::from_fn(|i| self[i ^ DISTANCE])
            }
            #[inline(always)]
            fn transpose(rows: [Self; 8]) -> [Self; 8] {
                std::array::from_fn(|i| std::array::from_fn(|j| if i < $lanes { rows[j][i] } else { 0 }))
            }
            #[inline(always)]
            fn join<const HALF: usize>(self, other: Self) -> Self {
                std::array::from_fn(|i| if i & HALF == 0 { self[i] } else { other[i] })
            }
        }
    )*};
}
arrays! { i32, 8; i64, 4; }
