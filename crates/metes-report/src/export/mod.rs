//! [`Export`]: a capture in the formats of other tools.

mod pprof;

use crate::capture::Capture;
use crate::tree::{Node, tree, words};
use metes_memory::Result;
use serde_json::{Value, json};
use std::path::Path;

macro_rules! exports {
    ($($name:ident $text:literal $write:path, $doc:literal;)*) => {
        /// A format of another tool.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Export {
            $(#[doc = $doc] $name,)*
        }

        impl Export {
            /// All formats.
            pub const ALL: &'static [Export] = &[$(Export::$name,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Export::$name => $text,)* }
            }

            /// What it is.
            pub fn about(self) -> &'static str {
                match self { $(Export::$name => $doc,)* }
            }

            /// The format of that name.
            pub fn parse(name: &str) -> Option<Export> {
                Export::ALL.iter().copied().find(|export| export.name() == name)
            }

            /// The capture in this format.
            pub fn bytes(self, capture: &Capture) -> Vec<u8> {
                match self { $(Export::$name => $write(capture),)* }
            }
        }
    };
}

exports! {
    Speedscope "speedscope" speedscope, "Stacks of the peak for speedscope, as JSON.";
    Pprof "pprof" pprof::pprof, "Bytes and blocks at the peak and in all for pprof, as gzipped protobuf.";
    Chrome "chrome" chrome, "Live bytes by site over time for Perfetto and Chrome's tracing, as JSON.";
    Folded "folded" folded, "Stacks of the peak, one a line with its bytes: what flame graph scripts read.";
}

impl Export {
    /// Writes the capture in this format to a file. Errors: `Io`, naming the file.
    pub fn write(self, capture: &Capture, path: impl AsRef<Path>) -> Result<()> {
        crate::whole::write(path.as_ref(), &self.bytes(capture))
    }
}

/// Calls `see` with the frames and the bytes of each end of a branch.
fn stacks<'a>(node: &'a Node, above: &mut Vec<&'a str>, see: &mut impl FnMut(&[&str], u64)) {
    if node.children.is_empty() {
        see(above, node.bytes);
    }
    for child in &node.children {
        above.push(&child.name);
        stacks(child, above, see);
        above.pop();
    }
}

fn folded(capture: &Capture) -> Vec<u8> {
    let mut text = String::new();
    let clean = |frame: &&str| frame.replace([';', '\n', '\r'], ",");
    stacks(&tree(capture), &mut Vec::new(), &mut |frames, bytes| {
        if bytes > 0 {
            let line = frames.iter().map(clean).collect::<Vec<_>>().join(";");
            text.push_str(&format!("{line} {bytes}\n"));
        }
    });
    text.into_bytes()
}

fn speedscope(capture: &Capture) -> Vec<u8> {
    let (mut frames, mut samples, mut weights) = (Vec::<String>::new(), Vec::new(), Vec::new());
    stacks(&tree(capture), &mut Vec::new(), &mut |stack, bytes| {
        let place = |name: &&str| {
            frames.iter().position(|frame| frame == name).unwrap_or_else(|| {
                frames.push((*name).into());
                frames.len() - 1
            })
        };
        samples.push(stack.iter().map(place).collect::<Vec<_>>());
        weights.push(bytes);
    });
    let frames: Vec<Value> = frames.into_iter().map(|name| json!({ "name": name })).collect();
    let profile = json!({
        "type": "sampled", "name": "live bytes at the peak", "unit": "bytes",
        "startValue": 0, "endValue": weights.iter().sum::<u64>(), "samples": samples, "weights": weights,
    });
    let file = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json", "exporter": "metes",
        "name": capture.program(), "activeProfileIndex": 0, "shared": { "frames": frames }, "profiles": [profile],
    });
    file.to_string().into_bytes()
}

fn chrome(capture: &Capture) -> Vec<u8> {
    let pid = capture.header.pid;
    let counter = |name: &str, time: std::time::Duration, values: Value| json!({ "ph": "C", "pid": pid, "name": name, "ts": time.as_micros() as u64, "args": values });
    let mut events = vec![
        json!({ "ph": "M", "pid": pid, "name": "process_name", "args": { "name": capture.program() } }),
        json!({
            "ph": "i", "pid": pid, "tid": 0, "s": "p", "name": "peak",
            "ts": capture.peak().time.as_micros() as u64, "args": { "bytes": capture.peak().bytes },
        }),
    ];
    for point in capture.timeline() {
        events.push(counter("live bytes", point.time, json!({ "live": point.live })));
        if let Some(rss) = point.rss {
            events.push(counter("physical memory", point.time, json!({ "bytes": rss })));
        }
    }
    let series = capture.series();
    for moment in &series.moments {
        let values = series.labels.iter().cloned().zip(moment.live.iter().map(|live| json!(live)));
        events.push(counter("live bytes by site", moment.time, Value::Object(values.collect())));
    }
    json!({ "traceEvents": events, "displayTimeUnit": "ms" }).to_string().into_bytes()
}

/// The operation of a group, as the innermost frame.
fn operation(op: &str, dtype: &str) -> String {
    words(&[op, dtype])
}
