//! SVG: a picture that stands alone. Colours are attributes, so that it also shows where style sheets are not allowed; the one style
//! sheet in it is for dark surroundings.

use std::fmt::Write as _;

use super::layout::{Size, Vertex};
use super::model::{Drawing, Graph, Item, Kind};
use super::route::{Line, Routed, route};
use crate::plan::Effect;

const MARGIN: f64 = 24.0;
const LABEL_SIZE: f64 = 13.0;
const DETAIL_SIZE: f64 = 11.5;
const LINE_HEIGHT: f64 = 17.0;

/// Space between a frame and what it holds, and between the workflow's body and its handlers.
const PADDING: f64 = 16.0;
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

const DARK: &str = "@media (prefers-color-scheme: dark) { \
.paper { fill: #14181d } .shape { fill: #20262d; stroke: #64707d } .gate .shape { fill: #3a2d10; stroke: #d69e2e } \
.irreversible .shape { fill: #401a1a; stroke: #fc8181 } .write .shape { fill: #16283f; stroke: #63a0e8 } \
text { fill: #e6ebf0 } .detail { fill: #a9b4c0 } .mark { fill: #fc8181 } .line { stroke: #8a97a6 } \
.frame { stroke: #64707d } .tip { fill: #8a97a6 } }";

pub(super) fn write(drawing: &Drawing) -> String {
    let body = Laid::of(&drawing.body);
    let handlers: Vec<_> = drawing.handlers.iter().map(|handler| (handler, handler.inside.as_ref().map(Laid::of))).collect();
    let frames: Vec<_> = handlers.iter().map(|(handler, laid)| size(handler, laid.as_ref())).collect();
    let (mut full_width, mut full_height) = (body.routed.size.width, body.routed.size.height);
    let top = full_height + 2.0 * PADDING;
    let below = frames.iter().map(|(width, _)| width + PADDING).sum::<f64>() - PADDING;
    if let Some(tallest) = frames.iter().map(|(_, height)| *height).reduce(f64::max) {
        full_width = full_width.max(below);
        full_height = top + tallest;
    }
    let (full_width, full_height) = (full_width + 2.0 * MARGIN, full_height + 2.0 * MARGIN);
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
    graph(&mut out, &body);
    let mut left = 0.0;
    for ((handler, laid), (width, height)) in handlers.iter().zip(frames) {
        let place = Vertex { width, height, x: left + width / 2.0, y: top + height / 2.0, ..Vertex::default() };
        item(&mut out, handler, laid.as_ref(), &place);
        left += width + PADDING;
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// A graph whose boxes have their places, and with it what stands in them.
struct Laid<'a> {
    graph: &'a Graph,
    routed: Routed,
    /// One for each box.
    inside: Vec<Option<Self>>,
}

impl<'a> Laid<'a> {
    fn of(graph: &'a Graph) -> Self {
        let inside: Vec<_> = graph.items.iter().map(|item| item.inside.as_ref().map(Self::of)).collect();
        let sizes: Vec<_> = graph.items.iter().zip(&inside).map(|(item, inside)| size(item, inside.as_ref())).collect();
        let routed = route(graph, &sizes, |text| (width(text, DETAIL_SIZE) + 14.0, LINE_HEIGHT));
        Self { graph, routed, inside }
    }
}

fn graph(out: &mut String, laid: &Laid<'_>) {
    let vertices = &laid.routed.vertices;
    for (link, line) in laid.graph.links.iter().zip(&laid.routed.lines) {
        path(out, line, vertices);
        if let (Some(label), Some(vertex)) = (&link.label, line.label.and_then(|at| vertices.get(at))) {
            text(out, "detail", label, vertex.x, vertex.y + 4.0, DETAIL_SIZE, "#4a5563");
        }
    }
    for ((each, vertex), inside) in laid.graph.items.iter().zip(vertices).zip(&laid.inside) {
        item(out, each, inside.as_ref(), vertex);
    }
}

fn item(out: &mut String, item: &Item, inside: Option<&Laid<'_>>, vertex: &Vertex) {
    match inside {
        Some(inside) => frame(out, item, inside, vertex),
        None => draw(out, item, vertex),
    }
}

/// A box that is drawn around others: its words at the top, the others below.
fn frame(out: &mut String, item: &Item, inside: &Laid<'_>, vertex: &Vertex) {
    let (left, top) = (vertex.x - vertex.width / 2.0, vertex.y - vertex.height / 2.0);
    let _ = write!(
        out,
        "<g id=\"{}\" class=\"{}\"><rect class=\"frame\" fill=\"none\" stroke=\"#8a97a6\" stroke-width=\"1.3\" stroke-dasharray=\"2 4\" \
         x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"10\"/>",
        item.id,
        item.kind.name(),
        vertex.width,
        vertex.height
    );
    let head = LINE_HEIGHT * (1.0 + lines(item));
    words(out, item, &Vertex { y: top + PADDING / 2.0 + head / 2.0, height: head, ..*vertex });
    let (x, y) = (vertex.x - inside.routed.size.width / 2.0, top + head + 1.5 * PADDING);
    let _ = writeln!(out, "\n<g transform=\"translate({x:.1} {y:.1})\">");
    graph(out, inside);
    out.push_str("</g></g>\n");
}

/// The size of a box, with what is laid out in it.
fn size(item: &Item, inside: Option<&Laid<'_>>) -> (f64, f64) {
    let texts = item.details.iter().map(|detail| width(detail, DETAIL_SIZE));
    let bold = if is_strong(item.kind) { 1.1 } else { 1.0 };
    let widest = texts.fold(width(&item.label, LABEL_SIZE) * bold, f64::max);
    let height = LINE_HEIGHT * (1.0 + lines(item)) + 18.0;
    if let Some(inside) = inside {
        let Size { width, height } = inside.routed.size;
        return (widest.max(width) + 2.0 * PADDING, LINE_HEIGHT * (1.0 + lines(item)) + height + 2.5 * PADDING);
    }
    match item.kind {
        Kind::Gate => (widest + height * 0.5 + 36.0, height),
        // Half of a rhombus' width is lost to its slopes at half of its height.
        Kind::Branch => (widest * 1.25 + 60.0, height * 1.7),
        // Room for the second pair of sides.
        Kind::Workflow(_) => (widest + 48.0, height),
        _ => (widest.max(40.0) + 32.0, height),
    }
}

const fn is_strong(kind: Kind) -> bool {
    matches!(kind, Kind::Start | Kind::Gate | Kind::Loop | Kind::Handler)
}

fn lines(item: &Item) -> f64 {
    f64::from(u32::try_from(item.details.len()).unwrap_or(u32::MAX))
}

fn draw(out: &mut String, item: &Item, vertex: &Vertex) {
    let (fill, stroke, thick) = colours(item.kind);
    let (left, top) = (vertex.x - vertex.width / 2.0, vertex.y - vertex.height / 2.0);
    let (right, bottom) = (left + vertex.width, top + vertex.height);
    let class = item.kind.effect().map_or_else(|| item.kind.name().to_owned(), |effect| format!("{} {effect}", item.kind.name()));
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
            let radius = if matches!(kind, Kind::Call(_) | Kind::Workflow(_) | Kind::Let | Kind::Loop | Kind::Handler | Kind::Wait) {
                7.0
            } else {
                vertex.height / 2.0
            };
            let dashes = if kind.effect() == Some("read") { " stroke-dasharray=\"5 3\"" } else { "" };
            write!(
                out,
                "<rect {paint}{dashes} x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{radius:.1}\"/>",
                vertex.width, vertex.height
            )
        }
    };
    if matches!(item.kind, Kind::Workflow(_)) {
        // A second pair of sides: there is a graph of its own behind it.
        let (left, right) = (left + 7.0, right - 7.0);
        let _ = write!(out, "<path {paint} d=\"M{left:.1},{top:.1} V{bottom:.1} M{right:.1},{top:.1} V{bottom:.1}\"/>");
    }
    words(out, item, vertex);
    out.push_str("</g>\n");
}

fn words(out: &mut String, item: &Item, vertex: &Vertex) {
    let mut y = vertex.y - LINE_HEIGHT * lines(item) / 2.0 + 4.5;
    let weight = if is_strong(item.kind) { "label strong" } else { "label" };
    text(out, weight, &item.label, vertex.x, y, LABEL_SIZE, "#1b232c");
    for detail in &item.details {
        y += LINE_HEIGHT;
        let mark = item.kind.effect() == Some("irreversible") && detail == "irreversible";
        let (class, colour) = if mark { ("mark", "#c53030") } else { ("detail", "#4a5563") };
        text(out, class, detail, vertex.x, y, DETAIL_SIZE, colour);
    }
}

const fn colours(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Gate => ("#fff3d6", "#b7791f", "2"),
        Kind::Call(Effect::Irreversible) | Kind::Workflow(Effect::Irreversible) => ("#fde2e1", "#c53030", "2"),
        Kind::Call(Effect::Plain) | Kind::Workflow(Effect::Plain) => ("#e6f0fd", "#3b6fb5", "1.3"),
        Kind::Call(Effect::Read) | Kind::Workflow(Effect::Read) | Kind::Let | Kind::Loop | Kind::Wait => ("#f4f6f8", "#8a97a6", "1.3"),
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
