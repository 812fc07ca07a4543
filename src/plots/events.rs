//! TensorBoard's event file: records of scalars, nothing else.
//!
//! Owns the TFRecord framing (length, masked CRC32C, data, masked CRC32C) and the few fields of the
//! `Event` and `Summary` messages that a scalar needs, encoded by hand: no crate that is still
//! looked after does only this. Refuses everything else that those messages can hold. Sources:
//! TensorFlow's `record_writer.cc`, `event.proto`, `summary.proto`; CRC32C as in RFC 3720, B.4.

/// Scalars of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What TensorBoard draws them over.
    pub step: u64,
    /// s; made from the step, never from a clock, so that a run is repeatable.
    pub wall_time: f64,
    /// Names and values, in the order of the file.
    pub scalars: Vec<(String, f32)>,
}

/// The record that opens a file.
pub fn header() -> Vec<u8> {
    let mut event = Vec::new();
    double(&mut event, 1, 0.0);
    bytes(&mut event, 3, b"brain.Event:2");
    record(&event)
}

/// An event as a record of the file.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in &event.scalars {
        let mut entry = Vec::new();
        bytes(&mut entry, 1, tag.as_bytes());
        key(&mut entry, 2, Wire::Four);
        entry.extend(value.to_le_bytes());
        bytes(&mut summary, 1, &entry);
    }
    let mut message = Vec::new();
    double(&mut message, 1, event.wall_time);
    key(&mut message, 2, Wire::Varint);
    varint(&mut message, event.step);
    bytes(&mut message, 5, &summary);
    record(&message)
}

/// How a field's value lies in a message.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Eight = 1,
    Length = 2,
    Four = 5,
}

fn key(out: &mut Vec<u8>, field: u64, wire: Wire) {
    varint(out, (field << 3) | wire as u64);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn double(out: &mut Vec<u8>, field: u64, value: f64) {
    key(out, field, Wire::Eight);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    key(out, field, Wire::Length);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut out = Vec::with_capacity(data.len() + 16);
    out.extend(length);
    out.extend(masked(crc32c(&length)).to_le_bytes());
    out.extend(data);
    out.extend(masked(crc32c(data)).to_le_bytes());
    out
}

/// A checksum of data that itself holds checksums is masked, so that it does not become trivial.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Castagnoli's checksum, bit by bit: a run writes a few kilobytes.
fn crc32c(data: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads records back, checking both sums of each.
    fn records(mut file: &[u8]) -> Vec<&[u8]> {
        let word = |b: &[u8]| u32::from_le_bytes(b.try_into().unwrap());
        let mut out = Vec::new();
        while !file.is_empty() {
            let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
            assert_eq!(word(&file[8..12]), masked(crc32c(&file[..8])));
            let data = &file[12..12 + length];
            assert_eq!(word(&file[12 + length..16 + length]), masked(crc32c(data)));
            out.push(data);
            file = &file[16 + length..];
        }
        out
    }

    #[test]
    fn the_checksum_is_that_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn a_scalar_is_encoded_as_the_schema_says() {
        let event = Event {
            step: 300,
            wall_time: 2.0,
            scalars: vec![("a/b".into(), 0.5)],
        };
        let mut file = header();
        file.extend(encode(&event));
        let records = records(&file);
        assert_eq!(&records[0][9..], b"\x1a\x0dbrain.Event:2");
        let mut expected = vec![0x09];
        expected.extend(2f64.to_le_bytes());
        expected.extend([0x10, 0xac, 0x02]); // step: 300 as a varint
        expected.extend([0x2a, 12, 0x0a, 10]); // summary, of one value
        expected.extend(b"\x0a\x03a/b\x15");
        expected.extend(0.5f32.to_le_bytes());
        assert_eq!(records[1], expected);
    }
}
