//! Names, characters, sizes.

use metes_dtype::{DType, Kind};

#[test]
fn every_spelling_of_a_kind_is_read() {
    for &kind in Kind::ALL {
        let short = format!("{}{}", kind.kind_char(), kind.size());
        for text in [
            kind.name().to_owned(),
            kind.type_char().to_string(),
            short.clone(),
            format!("<{short}"),
            format!("={short}"),
        ] {
            assert_eq!(Kind::parse(&text), Some(kind), "{text}");
        }
    }
}

#[test]
fn what_is_no_kind_is_refused() {
    for text in ["", "f", "f3", "float", "float80", "i0", "i08", "u", "?1", ">f8", "O", "U8", "f8 ", "f+8", "b2"] {
        let kind = Kind::parse(text);
        assert!(kind.is_none() || text == "f", "{text} is read as {kind:?}");
    }
}

#[test]
fn sizes_are_those_of_the_array_interface() {
    let sizes: Vec<usize> = Kind::ALL.iter().map(|k| k.size()).collect();
    assert_eq!(sizes, [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16]);
    for &kind in Kind::ALL {
        assert_eq!(kind.align(), kind.real().size());
        let dtype = DType::of(kind);
        assert_eq!(
            (dtype.size(), dtype.align(), dtype.to_string()),
            (kind.size(), kind.align(), kind.name().to_owned())
        );
    }
}
