//! `wire!`: structs whose fields are tolerant; what its marks mean stands in [`shape`](super).

macro_rules! wire {
    ($( $(#[$doc:meta])* $name:ident { $($fields:tt)* } )*) => {
        $( $crate::shape::wire!(@munch [$(#[$doc])*] $name [] [] $($fields)*); )*
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*] [$($rule:tt)*]
        $(#[$m:meta])* $f:ident $(as $wire:literal)? ?? : $t:ty, $($rest:tt)*) => {
        $crate::shape::wire!(@munch [$($doc)*] $name [$($done)* $(#[$m])* $(#[serde(rename = $wire)])?
            pub $f: $crate::shape::Nullable<$t>,]
            [$($rule)* { nullable $f [$crate::shape::wire!(@name $f $($wire)?)] }] $($rest)*);
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*] [$($rule:tt)*]
        $(#[$m:meta])* $f:ident $(as $wire:literal)? ? : $t:ty, $($rest:tt)*) => {
        $crate::shape::wire!(@munch [$($doc)*] $name [$($done)* $(#[$m])* $(#[serde(rename = $wire)])?
            pub $f: Option<$t>,]
            [$($rule)* { optional $f [$crate::shape::wire!(@name $f $($wire)?)] }] $($rest)*);
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*] [$($rule:tt)*]
        $(#[$m:meta])* $f:ident $(as $wire:literal)? ! : $t:ty, $($rest:tt)*) => {
        $crate::shape::wire!(@munch [$($doc)*] $name [$($done)* $(#[$m])* $(#[serde(rename = $wire)])?
            #[serde(deserialize_with = "crate::shape::or_default")]
            pub $f: $t,]
            [$($rule)* { essential $f [$crate::shape::wire!(@name $f $($wire)?)] }] $($rest)*);
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*] [$($rule:tt)*]
        $(#[$m:meta])* $f:ident as $wire:literal : $t:ty, $($rest:tt)*) => {
        $crate::shape::wire!(@munch [$($doc)*] $name [$($done)* $(#[$m])* #[serde(rename = $wire)]
            #[serde(deserialize_with = "crate::shape::or_default")]
            pub $f: $t,]
            [$($rule)* { tag $f [$wire] }] $($rest)*);
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*] [$($rule:tt)*]
        $(#[$m:meta])* $f:ident : $t:ty, $($rest:tt)*) => {
        $crate::shape::wire!(@munch [$($doc)*] $name [$($done)* $(#[$m])*
            #[serde(deserialize_with = "crate::shape::or_default")]
            pub $f: $t,]
            [$($rule)* { always $f [stringify!($f)] }] $($rest)*);
    };
    (@munch [$($doc:tt)*] $name:ident [$($done:tt)*]
        [$({ $rule:ident $f:ident [$($wire:tt)*] })*]) => {
        $($doc)*
        #[derive(Clone, Debug, Default, PartialEq, ::serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($done)*
            /// Fields that this version doesn't know, or that held another type than expected, kept
            /// as they came.
            #[serde(flatten)]
            pub extra: $crate::shape::Extra,
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap as _;
                let mut map = s.serialize_map(None)?;
                $( if $crate::shape::wire!(@is_there $rule self.$f)
                    && !self.extra.has($($wire)*) {
                    map.serialize_entry($($wire)*, &self.$f)?;
                } )*
                for (name, value) in &self.extra.0 {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }

        impl $crate::shape::Mend for $name {
            fn mend(value: &::serde_json::Value) -> Option<Self> {
                let object = value.as_object()?;
                let mut it = Self::default();
                let mut read: Vec<&str> = Vec::new();
                $( match object.get($($wire)*).map(|value| (value, $crate::shape::Mend::mend(value))) {
                    Some((_, Some(value))) => {
                        it.$f = value;
                        read.push($($wire)*);
                    }
                    Some((::serde_json::Value::Null, None)) => read.push($($wire)*),
                    Some(_) if $crate::shape::wire!(@is_essential $rule) => return None,
                    Some(_) | None => {}
                } )*
                it.extra = $crate::shape::Extra::without(object, &read);
                Some(it)
            }

            fn misread(&self, at: $crate::shape::Place<'_>, found: &mut Vec<String>) {
                use $crate::shape::Place;
                $(
                    let here = Place::Field(&at, $($wire)*);
                    match self.extra.has($($wire)*) {
                        true => found.push(here.to_string()),
                        false => $crate::shape::Mend::misread(&self.$f, here, found),
                    }
                )*
            }
        }
    };
    (@name $f:ident $wire:literal) => { $wire };
    (@name $f:ident) => { stringify!($f) };
    (@is_there optional $field:expr) => { $field.is_some() };
    (@is_there tag $field:expr) => { !$field.as_str().is_empty() };
    (@is_there nullable $field:expr) => { !$field.is_absent() };
    (@is_there $rule:ident $field:expr) => { !$crate::shape::Mend::is_left_out(&$field) };
    (@is_essential essential) => { true };
    (@is_essential $rule:ident) => { false };
}

pub(crate) use wire;
