//! How a family lists its rejections.

/// Declares a family's numbered rejections with the contract's own names.
macro_rules! rejections {
    (
        $(#[$about:meta])*
        pub enum $type:ident;
        $($(#[$doc:meta])* $name:ident = $code:literal $text:literal,)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $type { $($(#[$doc])* $name = $code,)* }

        impl $type {
            /// Every rejection, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The contract's name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        #[cfg(test)]
        mod numbering {
            use super::$type;

            #[test]
            fn numbers_and_names_are_unique_and_ordered() {
                let mut names: Vec<_> = $type::ALL.iter().map(|r| r.name()).collect();
                assert!($type::ALL.windows(2).all(|pair| pair[0] < pair[1]));
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), $type::ALL.len());
            }
        }
    };
}

/// Gives arithmetic that fails the names that the compiler of the contracts gives it.
macro_rules! panics {
    ($type:ident) => {
        impl From<crate::units::Overflow> for $type {
            fn from(overflow: crate::units::Overflow) -> Self {
                match overflow {
                    crate::units::Overflow::Arithmetic => Self::Panic0x11,
                    crate::units::Overflow::DivisionByZero => Self::Panic0x12,
                }
            }
        }
    };
}

pub(crate) use {panics, rejections};
