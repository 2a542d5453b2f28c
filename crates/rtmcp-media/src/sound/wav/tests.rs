//! WAV files of every form, honest and not.

use std::io::Cursor;

use hound::{Sample, SampleFormat, WavSpec, WavWriter};

use crate::{BadWav, Sound};

fn file<S: Sample + Copy>(channels: u16, bits: u16, form: SampleFormat, values: &[S]) -> Vec<u8> {
    let spec = WavSpec {
        channels,
        sample_rate: 11_025,
        bits_per_sample: bits,
        sample_format: form,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec).unwrap();
    for value in values {
        writer.write_sample(*value).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn what_is_written_is_read() {
    let sound = Sound {
        rate: 22_050,
        samples: vec![0, 1, -1, i16::MAX, i16::MIN],
    };
    assert_eq!(Sound::from_wav(&sound.to_wav().unwrap()).unwrap(), sound);
}

#[test]
fn every_width_is_brought_to_sixteen_bits() {
    let int = SampleFormat::Int;
    let files = [
        file(1, 8, int, &[64_i8, -64]),
        file(1, 16, int, &[16_384_i16, -16_384]),
        file(1, 24, int, &[4_194_304_i32, -4_194_304]),
        file(1, 32, int, &[1_073_741_824_i32, -1_073_741_824]),
        file(1, 32, SampleFormat::Float, &[0.5_f32, -0.5]),
    ];
    for (nth, bytes) in files.iter().enumerate() {
        let sound = Sound::from_wav(bytes).unwrap();
        assert_eq!(sound.rate, 11_025, "file {nth}");
        assert_eq!(sound.samples, [16_384, -16_384], "file {nth}");
    }
}

#[test]
fn channels_are_mixed() {
    let bytes = file(2, 16, SampleFormat::Int, &[100_i16, 200, -30, 10]);
    assert_eq!(Sound::from_wav(&bytes).unwrap().samples, [150, -10]);
}

#[test]
fn a_piped_file_is_read_to_its_end() {
    for claimed in [0x7FFF_F000_u32, u32::MAX] {
        let mut bytes = file(1, 16, SampleFormat::Int, &[1_i16, 2, 3]);
        bytes[4..8].copy_from_slice(&claimed.to_le_bytes());
        bytes[40..44].copy_from_slice(&claimed.to_le_bytes());
        bytes.push(9);
        assert_eq!(Sound::from_wav(&bytes).unwrap().samples, [1, 2, 3]);
    }
}

#[test]
fn what_is_not_wav_is_told_apart_from_what_cannot_be_read() {
    assert!(matches!(Sound::from_wav(b"ID3"), Err(BadWav::NotWav)));
    let mut mu_law = file(1, 8, SampleFormat::Int, &[1_i8]);
    mu_law[20] = 7;
    let error = Sound::from_wav(&mu_law).unwrap_err();
    assert!(error.to_string().contains("ffmpeg"), "{error}");
    let cut = &file(1, 16, SampleFormat::Int, &[1_i16])[..30];
    assert!(matches!(Sound::from_wav(cut), Err(BadWav::Unreadable(_))));
}
