//! pprof's format, `profile.proto`, written by hand: a dozen fields of protobuf do not need a library.

use super::operation;
use crate::capture::Capture;
use crate::format::{Group, frames, put_varint};
use flate2::{Compression, write::GzEncoder};
use std::collections::HashMap;
use std::io::Write;

/// A message: fields appended one after another.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(&mut self, field: u64, value: u64) {
        put_varint(field << 3, &mut self.0);
        put_varint(value, &mut self.0);
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        put_varint(field << 3 | 2, &mut self.0);
        put_varint(value.len() as u64, &mut self.0);
        self.0.extend(value);
    }

    fn packed(&mut self, field: u64, values: &[u64]) {
        let mut bytes = Vec::new();
        values.iter().for_each(|value| put_varint(*value, &mut bytes));
        self.bytes(field, &bytes);
    }
}

/// Strings and frames, each once.
struct Tables {
    strings: HashMap<String, u64>,
    string_list: Vec<String>,
    frames: HashMap<String, u64>,
    frame_list: Vec<String>,
}

impl Tables {
    fn string(&mut self, text: &str) -> u64 {
        if let Some(number) = self.strings.get(text) {
            return *number;
        }
        let number = self.string_list.len() as u64;
        self.strings.insert(text.into(), number);
        self.string_list.push(text.into());
        number
    }

    fn frame(&mut self, text: &str) -> u64 {
        if let Some(number) = self.frames.get(text) {
            return *number;
        }
        self.frame_list.push(text.into());
        let number = self.frame_list.len() as u64;
        self.frames.insert(text.into(), number);
        number
    }
}

/// The numbers of a group: blocks and bytes at the peak, blocks and bytes in all.
type Values = [u64; 4];

/// A capture as a gzipped profile.
pub fn pprof(capture: &Capture) -> Vec<u8> {
    let mut tables =
        Tables { strings: HashMap::new(), string_list: Vec::new(), frames: HashMap::new(), frame_list: Vec::new() };
    tables.string("");
    let mut profile = Message::default();
    for (kind, unit) in
        [("inuse_objects", "count"), ("inuse_space", "bytes"), ("alloc_objects", "count"), ("alloc_space", "bytes")]
    {
        let mut value_type = Message::default();
        value_type.number(1, tables.string(kind));
        value_type.number(2, tables.string(unit));
        profile.bytes(1, &value_type.0);
    }
    for (group, values) in samples(capture) {
        let leaf = operation(&group.op, &group.dtype);
        let stack: Vec<&str> = frames(&group.site).chain([leaf.as_str()]).filter(|name| !name.is_empty()).collect();
        // Locations go from the innermost to the outermost.
        let locations: Vec<u64> = stack.iter().rev().map(|frame| tables.frame(frame)).collect();
        let mut sample = Message::default();
        sample.packed(1, &locations);
        sample.packed(2, &values);
        if !group.scope.is_empty() {
            let mut label = Message::default();
            label.number(1, tables.string("scope"));
            label.number(2, tables.string(&group.scope));
            sample.bytes(3, &label.0);
        }
        profile.bytes(2, &sample.0);
    }
    put_frames(&mut profile, &mut tables);
    let default_type = tables.string("inuse_space");
    tables.string_list.iter().for_each(|text| profile.bytes(6, text.as_bytes()));
    let started = capture.header.started_unix_ms.saturating_mul(1_000_000);
    profile.number(9, started);
    profile.number(10, u64::try_from(capture.duration().as_nanos()).unwrap_or(u64::MAX));
    profile.number(14, default_type);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&profile.0).expect("a vector takes all bytes");
    gzip.finish().expect("a vector takes all bytes")
}

/// A location and a function for each frame, of the same number.
fn put_frames(profile: &mut Message, tables: &mut Tables) {
    for (place, frame) in tables.frame_list.clone().iter().enumerate() {
        let number = place as u64 + 1;
        let (file, line, function) = parts(frame);
        let mut at = Message::default();
        at.number(1, number);
        at.number(2, line);
        let mut location = Message::default();
        location.number(1, number);
        location.bytes(4, &at.0);
        profile.bytes(4, &location.0);
        let mut message = Message::default();
        message.number(1, number);
        message.number(2, tables.string(function));
        message.number(4, tables.string(file));
        profile.bytes(5, &message.0);
    }
}

/// `file:line function` taken apart; all of it is the function where it is not of that form.
fn parts(frame: &str) -> (&str, u64, &str) {
    let parse = || {
        let (place, function) = frame.split_once(' ')?;
        let (file, line) = place.rsplit_once(':')?;
        Some((file, line.parse().ok()?, function))
    };
    parse().unwrap_or(("", 0, frame))
}

fn samples(capture: &Capture) -> Vec<(Group, Values)> {
    let mut sums = HashMap::<Group, Values>::new();
    for holder in capture.by_site() {
        let crate::Holder { site, op, dtype, scope, bytes, count } = holder.clone();
        let values = sums.entry(Group { op, site, scope, dtype }).or_default();
        (values[0], values[1]) = (values[0].saturating_add(count), values[1].saturating_add(bytes));
    }
    for row in capture.traffic() {
        let values = sums.entry(row.group.clone()).or_default();
        (values[2], values[3]) = (values[2].saturating_add(row.blocks), values[3].saturating_add(row.bytes));
    }
    let mut rows: Vec<_> = sums.into_iter().collect();
    rows.sort_by(|a, b| b.1[1].cmp(&a.1[1]).then_with(|| a.0.cmp(&b.0)));
    rows
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn frames_are_taken_apart() {
        assert_eq!(parts("/a b.py:12 f"), ("", 0, "/a b.py:12 f"));
        assert_eq!(parts("/a.py:12 f.<locals>.g"), ("/a.py", 12, "f.<locals>.g"));
        assert_eq!(parts("add  float64"), ("", 0, "add  float64"));
    }
}
