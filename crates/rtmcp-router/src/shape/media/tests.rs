//! What the first bytes of each kind tell.

use base64::Engine;

use super::*;

fn look(mime: &str, bytes: &[u8]) -> String {
    Media::look(mime, &BASE64.encode(bytes)).to_string()
}

fn riff(kind: &[u8], rest: &[u8]) -> Vec<u8> {
    [b"RIFF\0\0\0\0", kind, rest].concat()
}

#[test]
fn pictures_tell_their_size() {
    let png = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(),
        &640_u32.to_be_bytes(),
        &480_u32.to_be_bytes(),
    ]
    .concat();
    assert_eq!(look("", &png), "image/png, 640×480, 24 bytes");
    // A comment before the frame.
    let jpeg = [
        b"\xff\xd8\xff\xfe\0\x04ab\xff\xc0\0\x11\x08".as_slice(),
        &480_u16.to_be_bytes(),
        &640_u16.to_be_bytes(),
        &[0; 4],
    ]
    .concat();
    assert_eq!(look("image/x", &jpeg), "image/jpeg, 640×480, 21 bytes");
    let gif = [
        b"GIF89a".as_slice(),
        &640_u16.to_le_bytes(),
        &480_u16.to_le_bytes(),
        &[0; 2],
    ]
    .concat();
    assert_eq!(look("image/png", &gif), "image/gif, 640×480, 12 bytes");
    let webp = riff(b"WEBPVP8X", &[0, 0, 0, 0, 0, 0, 0, 0, 127, 2, 0, 223, 1, 0]);
    assert_eq!(look("", &webp), "image/webp, 640×480, 30 bytes");
}

#[test]
fn what_is_not_known_is_what_its_server_says() {
    assert_eq!(look("application/zip", b"PK"), "application/zip, 2 bytes");
    assert_eq!(look("", b""), "unknown type, 0 bytes");
    assert_eq!(
        Media::look("image/png", "no base64!").to_string(),
        "image/png, 7 bytes"
    );
    // The beginning of a picture is none for a model.
    for cut in [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\xff\xff",
    ] {
        assert!(!Media::look("image/png", &BASE64.encode(cut)).is_picture_for_models());
    }
}

#[test]
fn sound_tells_how_long_it_is() {
    let mut wav = riff(b"WAVEfmt ", &[0; 12]);
    wav.extend(16_000_u32.to_le_bytes());
    wav.resize(44 + 40_000, 0);
    assert_eq!(look("audio/x", &wav), "audio/wav, 2.5 s, 40 KiB");
}

#[test]
fn bytes_that_are_text_are_words() {
    assert_eq!(
        words("text/csv; charset=utf-8", "YSxi\nCg==").unwrap(),
        "a,b\n"
    );
    assert_eq!(words("application/json", "e30").unwrap(), "{}");
    assert_eq!(words("application/zip", "YSxi"), None);
    assert_eq!(words("text/plain", "/w=="), None);
}
