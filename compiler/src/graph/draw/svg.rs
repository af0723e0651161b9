//! SVG: a picture that stands alone. Colours are attributes, so that it also shows where style sheets are not allowed; the one style
//! sheet in it is for dark surroundings.

use std::fmt::Write as _;

use super::layout::Vertex;
use super::model::{Drawing, Item, Kind};
use super::route::{Line, route};
use crate::plan::Effect;

const MARGIN: f64 = 24.0;
const LABEL_SIZE: f64 = 13.0;
const DETAIL_SIZE: f64 = 11.5;
const LINE_HEIGHT: f64 = 17.0;
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

const DARK: &str = "@media (prefers-color-scheme: dark) { \
.paper { fill: #14181d } .shape { fill: #20262d; stroke: #64707d } .gate .shape { fill: #3a2d10; stroke: #d69e2e } \
.irreversible .shape { fill: #401a1a; stroke: #fc8181 } .write .shape { fill: #16283f; stroke: #63a0e8 } \
text { fill: #e6ebf0 } .detail { fill: #a9b4c0 } .mark { fill: #fc8181 } .line { stroke: #8a97a6 } .tip { fill: #8a97a6 } }";

pub(super) fn write(drawing: &Drawing) -> String {
    let sizes: Vec<_> = drawing.items.iter().map(size).collect();
    let routed = route(drawing, &sizes, |text| (width(text, DETAIL_SIZE) + 14.0, LINE_HEIGHT));
    let (full_width, full_height) = (routed.size.width + 2.0 * MARGIN, routed.size.height + 2.0 * MARGIN);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{full_width:.0}\" height=\"{full_height:.0}\" \
         viewBox=\"0 0 {full_width:.0} {full_height:.0}\" role=\"img\" font-family=\"{FONT}\">"
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(&drawing.workflow));
    let _ = writeln!(out, "<style>{DARK}</style>");
    out.push_str(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path class=\"tip\" d=\"M0,0.5 L8,4 L0,7.5 z\" fill=\"#5b6775\"/></marker></defs>\n",
    );
    out.push_str("<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {MARGIN})\">");
    for (link, line) in drawing.links.iter().zip(&routed.lines) {
        path(&mut out, line, &routed.vertices);
        if let (Some(label), Some(vertex)) = (&link.label, line.label.and_then(|at| routed.vertices.get(at))) {
            text(&mut out, "detail", label, vertex.x, vertex.y + 4.0, DETAIL_SIZE, "#4a5563");
        }
    }
    for (item, vertex) in drawing.items.iter().zip(&routed.vertices) {
        draw(&mut out, item, vertex);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The size of a box.
fn size(item: &Item) -> (f64, f64) {
    let texts = item.details.iter().map(|detail| width(detail, DETAIL_SIZE));
    let bold = if matches!(item.kind, Kind::Start | Kind::Gate) { 1.1 } else { 1.0 };
    let widest = texts.fold(width(&item.label, LABEL_SIZE) * bold, f64::max);
    let height = LINE_HEIGHT * (1.0 + lines(item)) + 18.0;
    match item.kind {
        Kind::Gate => (widest + height * 0.5 + 36.0, height),
        // Half of a rhombus' width is lost to its slopes at half of its height.
        Kind::Branch => (widest * 1.25 + 60.0, height * 1.7),
        _ => (widest.max(40.0) + 32.0, height),
    }
}

fn lines(item: &Item) -> f64 {
    f64::from(u32::try_from(item.details.len()).unwrap_or(u32::MAX))
}

fn draw(out: &mut String, item: &Item, vertex: &Vertex) {
    let (fill, stroke, thick) = colours(item.kind);
    let (left, top) = (vertex.x - vertex.width / 2.0, vertex.y - vertex.height / 2.0);
    let (right, bottom) = (left + vertex.width, top + vertex.height);
    let class = item.kind.effect().map_or_else(|| item.kind.name().to_owned(), |effect| format!("call {effect}"));
    let _ = write!(out, "<g id=\"{}\" class=\"{class}\">", item.id);
    let paint = format!("class=\"shape\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{thick}\"");
    let _ = match item.kind {
        Kind::Gate => {
            let slope = vertex.height * 0.25;
            let (inner_left, inner_right) = (left + slope, right - slope);
            let middle = vertex.y;
            write!(
                out,
                "<path {paint} stroke-linejoin=\"round\" d=\"M{inner_left:.1},{top:.1} L{inner_right:.1},{top:.1} L{right:.1},{middle:.1} \
                 L{inner_right:.1},{bottom:.1} L{inner_left:.1},{bottom:.1} L{left:.1},{middle:.1} z\"/>"
            )
        }
        Kind::Branch => write!(
            out,
            "<path {paint} stroke-linejoin=\"round\" d=\"M{:.1},{top:.1} L{right:.1},{:.1} L{:.1},{bottom:.1} L{left:.1},{:.1} z\"/>",
            vertex.x, vertex.y, vertex.x, vertex.y
        ),
        kind => {
            let radius = if matches!(kind, Kind::Call(_) | Kind::Let) { 7.0 } else { vertex.height / 2.0 };
            let dashes = if matches!(kind, Kind::Call(Effect::Read)) { " stroke-dasharray=\"5 3\"" } else { "" };
            write!(
                out,
                "<rect {paint}{dashes} x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.1}\"/>",
                vertex.width, vertex.height
            )
        }
    };
    words(out, item, vertex);
    out.push_str("</g>\n");
}

fn words(out: &mut String, item: &Item, vertex: &Vertex) {
    let mut y = vertex.y - LINE_HEIGHT * lines(item) / 2.0 + 4.5;
    let weight = if matches!(item.kind, Kind::Start | Kind::Gate) { "label strong" } else { "label" };
    text(out, weight, &item.label, vertex.x, y, LABEL_SIZE, "#1b232c");
    for detail in &item.details {
        y += LINE_HEIGHT;
        let mark = item.kind == Kind::Call(Effect::Irreversible) && detail == "irreversible";
        let (class, colour) = if mark { ("mark", "#c53030") } else { ("detail", "#4a5563") };
        text(out, class, detail, vertex.x, y, DETAIL_SIZE, colour);
    }
}

const fn colours(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Gate => ("#fff3d6", "#b7791f", "2"),
        Kind::Call(Effect::Irreversible) => ("#fde2e1", "#c53030", "2"),
        Kind::Call(Effect::Plain) => ("#e6f0fd", "#3b6fb5", "1.3"),
        Kind::Call(Effect::Read) | Kind::Let => ("#f4f6f8", "#8a97a6", "1.3"),
        _ => ("#ffffff", "#8a97a6", "1.3"),
    }
}

/// A line that leaves and enters boxes straight down, with soft bends between.
fn path(out: &mut String, line: &Line, vertices: &[Vertex]) {
    let points: Vec<&Vertex> = line.way.iter().filter_map(|&at| vertices.get(at)).collect();
    let mut d = String::new();
    for (step, pair) in points.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let (from_y, to_y) = (from.y + from.height / 2.0, to.y - to.height / 2.0);
        if step == 0 {
            let _ = write!(d, "M{:.1},{from_y:.1}", from.x);
        } else if line.label == line.way.get(step).copied() {
            // The line makes room for its label.
            let _ = write!(d, " M{:.1},{from_y:.1}", from.x);
        } else {
            let _ = write!(d, " L{:.1},{from_y:.1}", from.x);
        }
        if (from.x - to.x).abs() < 0.5 {
            let _ = write!(d, " L{:.1},{to_y:.1}", to.x);
        } else {
            let middle = f64::midpoint(from_y, to_y);
            let _ = write!(d, " C{:.1},{middle:.1} {:.1},{middle:.1} {:.1},{to_y:.1}", from.x, to.x, to.x);
        }
    }
    let _ =
        writeln!(out, "<path class=\"line\" d=\"{d}\" fill=\"none\" stroke=\"#5b6775\" stroke-width=\"1.3\" marker-end=\"url(#tip)\"/>");
}

fn text(out: &mut String, class: &str, text: &str, x: f64, y: f64, size: f64, colour: &str) {
    let weight = if class.ends_with("strong") { " font-weight=\"600\"" } else { "" };
    let _ = write!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"middle\" fill=\"{colour}\"{weight}>{}</text>",
        escaped(text)
    );
}

/// How wide a text will be, a little too wide rather than too narrow: the reader's font is not known here.
fn width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.31,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | ' ' | '"' | '/' | '-' => 0.40,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '=' | '<' | '>' | '+' => 0.86,
            'A'..='Z' | '_' => 0.68,
            c if c.is_ascii() => 0.60,
            c if u32::from(c) >= 0x1100 => 1.05,
            _ => 0.66,
        })
        .sum();
    em * size
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Characters that XML does not have.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
