//! The one list of element kinds. Everything that depends on the kind expands from [`for_each_kind!`].

/// What family of numbers a kind belongs to; decides promotion and which cells a ufunc row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// `bool`
    Bool,
    /// `uint8` to `uint64`
    Unsigned,
    /// `int8` to `int64`
    Signed,
    /// `float16` to `float64`
    Float,
    /// `complex64`, `complex128`
    Complex,
    /// No numbers: text, time, fields. No kind is of it.
    Other,
}

/// Calls `$callback!` with the list of kinds: `(Variant, rust type, name, NumPy kind character, NumPy type character, category)`.
///
/// The Rust types are only tokens here: the caller has `half` and `num_complex` in scope.
#[macro_export]
macro_rules! for_each_kind {
    ($callback:ident $(, $extra:tt)*) => {
        $callback! {
            $($extra)*
            (Bool, bool, "bool", 'b', '?', Bool)
            (I8, i8, "int8", 'i', 'b', Signed)
            (I16, i16, "int16", 'i', 'h', Signed)
            (I32, i32, "int32", 'i', 'i', Signed)
            (I64, i64, "int64", 'i', 'l', Signed)
            (U8, u8, "uint8", 'u', 'B', Unsigned)
            (U16, u16, "uint16", 'u', 'H', Unsigned)
            (U32, u32, "uint32", 'u', 'I', Unsigned)
            (U64, u64, "uint64", 'u', 'L', Unsigned)
            (F16, half::f16, "float16", 'f', 'e', Float)
            (F32, f32, "float32", 'f', 'f', Float)
            (F64, f64, "float64", 'f', 'd', Float)
            (C64, num_complex::Complex<f32>, "complex64", 'c', 'F', Complex)
            (C128, num_complex::Complex<f64>, "complex128", 'c', 'D', Complex)
        }
    };
}

macro_rules! define {
    ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
        /// One kind of element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Kind {
            $(#[doc = concat!("`", $name, "`")] $kind,)*
        }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];
            /// How many kinds there are.
            pub const COUNT: usize = Kind::ALL.len();

            /// The array API name: `"float64"`.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name,)* }
            }

            /// NumPy's kind character: `b i u f c`.
            pub const fn kind_char(self) -> char {
                match self { $(Kind::$kind => $char,)* }
            }

            /// NumPy's type character: `?bhilBHILefdFD`.
            pub const fn type_char(self) -> char {
                match self { $(Kind::$kind => $type_char,)* }
            }

            /// The family.
            pub const fn category(self) -> Category {
                match self { $(Kind::$kind => Category::$category,)* }
            }
        }
    };
}
for_each_kind!(define);

impl Kind {
    /// Bytes of one element.
    #[inline]
    pub const fn size(self) -> usize {
        match self {
            Kind::Bool | Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 | Kind::F16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 => 4,
            Kind::I64 | Kind::U64 | Kind::F64 | Kind::C64 => 8,
            Kind::C128 => 16,
        }
    }

    /// The alignment in bytes that one element needs.
    pub const fn align(self) -> usize {
        match self {
            Kind::C64 => 4,
            Kind::C128 => 8,
            other => other.size(),
        }
    }

    /// The kind with this name or NumPy type string (`"float64"`, `"f8"`, `"d"`, `"<f8"`).
    pub fn parse(text: &str) -> Option<Kind> {
        Kind::named(text).or_else(|| Kind::parse_short(text))
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    fn parse_short(text: &str) -> Option<Kind> {
        let bare = text.strip_prefix(['<', '=', '|']).unwrap_or(text);
        let width = |n: &str| n.starts_with(|c: char| ('1'..='9').contains(&c)).then(|| n.parse().ok()).flatten();
        Kind::ALL.iter().copied().find(|k| {
            k.name() == bare
                || bare.len() == 1 && bare.starts_with(k.type_char())
                || bare.strip_prefix(k.kind_char()).is_some_and(|n| width(n) == Some(k.size()))
        })
    }
}
