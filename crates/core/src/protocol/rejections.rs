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
    };
}

pub(crate) use rejections;
