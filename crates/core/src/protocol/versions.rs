//! How a family lists its versions: one row each, with the name that people write and the rules.

/// Declares a family's versions, oldest first, as rows of one table.
macro_rules! versions {
    (
        $(#[$about:meta])*
        pub enum $type:ident: $rules:ty;
        $($(#[$doc:meta])* $name:ident = $number:literal => $row:expr,)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type { $($(#[$doc])* $name,)* }

        $(
            #[allow(non_upper_case_globals, reason = "a row has the name of its version")]
            const $name: $rules = $row;
        )*

        impl $type {
            /// All versions, oldest first.
            pub const ALL: [Self; [$($number),*].len()] = [$(Self::$name),*];

            /// The name as people write it: a number or a commit.
            pub fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// Reads a name; a trailing `.0` makes no difference.
            pub fn parse(number: &str) -> Option<Self> {
                fn bare(number: &str) -> &str {
                    number.strip_suffix(".0").unwrap_or(number)
                }
                let mut all = Self::ALL.into_iter();
                all.find(|version| bare(version.number()) == bare(number))
            }

            /// The rules of the version.
            pub fn rules(self) -> &'static $rules {
                match self { $(Self::$name => &$name,)* }
            }
        }

        #[cfg(test)]
        mod naming {
            use super::$type;

            #[test]
            fn names_read_back() {
                for version in $type::ALL {
                    assert_eq!($type::parse(version.number()), Some(version));
                }
                assert_eq!($type::parse("none"), None);
            }
        }
    };
}

pub(crate) use versions;
