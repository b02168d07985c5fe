//! Rows for a person: columns as wide as they need to be, the last one as wide as there is room.

use std::io::Write;

/// Writes `rows` below `head`, each column padded to its widest cell.
pub(crate) fn write(
    out: &mut impl Write,
    head: &[&str],
    rows: &[Vec<String>],
) -> std::io::Result<()> {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head: Vec<String> = head.iter().map(|cell| cell.to_uppercase()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let last = row.len().saturating_sub(1);
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if at == last {
                writeln!(out, "{cell}")?;
            } else {
                let gap = width.saturating_sub(cell.chars().count()) + 2;
                write!(out, "{cell}{}", " ".repeat(gap))?;
            }
        }
    }
    Ok(())
}
