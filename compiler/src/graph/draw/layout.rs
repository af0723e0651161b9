//! Where boxes stand: layers from top to bottom, few crossings, lines as straight as they can be.
//!
//! Layers by longest path, order within a layer by barycentres, places by least squares under the boxes' distances.

use std::collections::BTreeMap;

/// Space between boxes of a layer.
const GAP_X: f64 = 28.0;

/// Space between layers.
const GAP_Y: f64 = 34.0;

/// How often the order within layers is improved.
const ORDER_SWEEPS: usize = 12;

/// How often places within layers are improved. Odd, so that the last sweep goes down: it puts each box straight under the one before.
const PLACE_SWEEPS: usize = 17;

/// A box to be placed: something to see, a label on a line, or the bend of a long line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vertex {
    pub(super) width: f64,
    pub(super) height: f64,
    /// From 0 at the top.
    pub(super) layer: usize,
    /// A bend or a label: keeping it in line matters more than centring a box.
    pub(super) bend: bool,
    /// Its centre, once placed.
    pub(super) x: f64,
    /// Its centre, once placed.
    pub(super) y: f64,
}

/// The size of the whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Layers by longest path. `edges` are `(from, to, length)` with `from < to`.
pub(super) fn layers(count: usize, edges: &[(usize, usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; count];
    let mut sorted = edges.to_vec();
    sorted.sort_unstable();
    for (from, to, length) in sorted {
        let least = layers.get(from).copied().unwrap_or_default() + length;
        if let Some(layer) = layers.get_mut(to) {
            *layer = least.max(*layer);
        }
    }
    layers
}

/// Places the vertices. `edges` join neighbouring layers only, the upper one first.
pub(super) fn place(vertices: &mut [Vertex], edges: &[(usize, usize)]) -> Size {
    let neighbours = Neighbours::of(vertices.len(), edges);
    let mut rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, vertex) in vertices.iter().enumerate() {
        rows.entry(vertex.layer).or_default().push(index);
    }
    let rows = order(rows.into_values().collect(), &neighbours, vertices.len());
    place_x(vertices, &rows, &neighbours);
    place_y(vertices, &rows);
    bounds(vertices)
}

/// Neighbours of each vertex in the layer above and the layer below.
struct Neighbours {
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
}

impl Neighbours {
    fn of(count: usize, edges: &[(usize, usize)]) -> Self {
        let mut all = Self { above: vec![Vec::new(); count], below: vec![Vec::new(); count] };
        for &(from, to) in edges {
            if let Some(list) = all.below.get_mut(from) {
                list.push(to);
            }
            if let Some(list) = all.above.get_mut(to) {
                list.push(from);
            }
        }
        all
    }

    fn above(&self, vertex: usize) -> &[usize] {
        self.above.get(vertex).map_or(&[], Vec::as_slice)
    }

    fn below(&self, vertex: usize) -> &[usize] {
        self.below.get(vertex).map_or(&[], Vec::as_slice)
    }
}

/// Orders each layer so that few lines cross.
fn order(mut rows: Vec<Vec<usize>>, neighbours: &Neighbours, count: usize) -> Vec<Vec<usize>> {
    let mut best = rows.clone();
    let mut fewest = crossings(&rows, neighbours, count);
    for sweep in 0..ORDER_SWEEPS {
        if fewest == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let positions = |rows: &[Vec<usize>]| positions(rows, count);
        let sequence: Vec<usize> = if down { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for at in sequence {
            let positions = positions(&rows);
            let Some(row) = rows.get_mut(at) else { continue };
            let mut keyed: Vec<(f64, usize)> = row
                .iter()
                .map(|&vertex| {
                    let near = if down { neighbours.above(vertex) } else { neighbours.below(vertex) };
                    (mean(near.iter().map(|&other| get(&positions, other))).unwrap_or_else(|| get(&positions, vertex)), vertex)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *row = keyed.into_iter().map(|(_, vertex)| vertex).collect();
        }
        let now = crossings(&rows, neighbours, count);
        if now < fewest {
            fewest = now;
            best.clone_from(&rows);
        }
    }
    best
}

/// The place of each vertex in its layer, from 0 to 1.
fn positions(rows: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut positions = vec![0.0; count];
    for row in rows {
        for (place, &vertex) in row.iter().enumerate() {
            if let Some(position) = positions.get_mut(vertex) {
                *position = (number(place) + 0.5) / number(row.len());
            }
        }
    }
    positions
}

fn crossings(rows: &[Vec<usize>], neighbours: &Neighbours, count: usize) -> usize {
    let positions = positions(rows, count);
    let mut total = 0;
    for row in rows {
        let lines: Vec<(f64, f64)> = row
            .iter()
            .flat_map(|&vertex| neighbours.below(vertex).iter().map(move |&other| (vertex, other)))
            .map(|(from, to)| (get(&positions, from), get(&positions, to)))
            .collect();
        for (at, a) in lines.iter().enumerate() {
            total += lines.iter().skip(at + 1).filter(|b| (a.0 - b.0) * (a.1 - b.1) < 0.0).count();
        }
    }
    total
}

fn place_x(vertices: &mut [Vertex], rows: &[Vec<usize>], neighbours: &Neighbours) {
    for row in rows {
        let mut x = 0.0;
        for &vertex in row {
            if let Some(vertex) = vertices.get_mut(vertex) {
                vertex.x = x + vertex.width / 2.0;
                x += vertex.width + GAP_X;
            }
        }
    }
    for sweep in 0..PLACE_SWEEPS {
        let near = |vertex: usize| -> Vec<usize> {
            if sweep % 2 == 0 { neighbours.above(vertex).to_vec() } else { neighbours.below(vertex).to_vec() }
        };
        let sequence: Vec<&Vec<usize>> = if sweep % 2 == 0 { rows.iter().collect() } else { rows.iter().rev().collect() };
        for row in sequence {
            align(vertices, row, &near);
        }
    }
}

/// Moves the vertices of a layer as near to their neighbours as their distances allow.
fn align(vertices: &mut [Vertex], row: &[usize], near: &dyn Fn(usize) -> Vec<usize>) {
    /// Vertices that touch and move together.
    struct Block {
        weight: f64,
        place: f64,
        members: usize,
    }
    let mut blocks: Vec<Block> = Vec::new();
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    let mut edge: Option<f64> = None;
    for &index in row {
        let Some(vertex) = vertices.get(index) else { continue };
        if let Some(half) = edge {
            offset += half + GAP_X + vertex.width / 2.0;
        }
        edge = Some(vertex.width / 2.0);
        offsets.push(offset);
        let wanted = mean(near(index).into_iter().filter_map(|other| vertices.get(other)).map(|other| other.x)).unwrap_or(vertex.x);
        let weight = if vertex.bend { 4.0 } else { 1.0 };
        let mut block = Block { weight, place: wanted - offset, members: 1 };
        while let Some(last) = blocks.pop_if(|last| last.place > block.place) {
            let weight = last.weight + block.weight;
            let place = (last.place * last.weight + block.place * block.weight) / weight;
            block = Block { weight, place, members: last.members + block.members };
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|block| std::iter::repeat_n(block.place, block.members));
    for ((&index, place), offset) in row.iter().zip(places).zip(offsets) {
        if let Some(vertex) = vertices.get_mut(index) {
            vertex.x = place + offset;
        }
    }
}

fn place_y(vertices: &mut [Vertex], rows: &[Vec<usize>]) {
    let mut top = 0.0;
    for row in rows {
        let height = row.iter().filter_map(|&vertex| vertices.get(vertex)).fold(0.0, |most: f64, vertex| most.max(vertex.height));
        for &vertex in row {
            if let Some(vertex) = vertices.get_mut(vertex) {
                vertex.y = top + height / 2.0;
            }
        }
        let only_labels = row.iter().filter_map(|&vertex| vertices.get(vertex)).all(|vertex| vertex.bend);
        top += height + if only_labels { GAP_Y / 2.0 } else { GAP_Y };
    }
}

/// Moves everything to the origin.
fn bounds(vertices: &mut [Vertex]) -> Size {
    let left = vertices.iter().map(|vertex| vertex.x - vertex.width / 2.0).fold(f64::INFINITY, f64::min);
    if !left.is_finite() {
        return Size::default();
    }
    let mut size = Size::default();
    for vertex in vertices {
        vertex.x -= left;
        size.width = size.width.max(vertex.x + vertex.width / 2.0);
        size.height = size.height.max(vertex.y + vertex.height / 2.0);
    }
    size
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / number(count))
}

fn get(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or_default()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
