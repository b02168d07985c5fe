//! Writing HTML that mail clients understand: escaping and the few elements that are used.

pub(super) use markup::escape;

use crate::text;

/// Fonts that are there; nothing is loaded.
pub(super) const SANS: &str =
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
/// For labels and ids.
pub(super) const MONO: &str =
    "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";

/// The styles that cannot be inline: dark mode and small screens. Clients without them show the
/// inline styles, which stand on their own.
pub(super) const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (prefers-color-scheme:dark){\
.page{background:#0f1317!important}.card{background:#1a2027!important;border-color:#313a45!important}\
.ink{color:#eef1f5!important}.soft{color:#a5b0be!important}.line{border-color:#313a45!important}\
.box{background:#232b34!important;border-color:#3a4552!important}.link{color:#7db3ff!important}}\
@media (max-width:480px){\
.pad{padding-left:18px!important;padding-right:18px!important}.gutter{padding:0!important}\
.card{border-radius:0!important;border-left:0!important;border-right:0!important}\
.stack{display:block!important;width:auto!important;padding-right:0!important}\
.buttons{width:100%!important}.button{display:block!important;text-align:center!important}\
.title{font-size:21px!important}}";

/// One line, escaped.
pub(super) fn line(text: &str, most: usize) -> String {
    escape(&text::clipped_line(text, most))
}

/// Escaped, with `<br>` for line breaks.
pub(super) fn paragraph(text: &str, most: usize) -> String {
    escape(&text::clip(&text::lines(text), most)).replace('\n', "<br>")
}

/// A button that is a link in a table cell: the one kind that every client draws.
pub(super) fn button(label: &str, url: &str, color: &str, filled: bool) -> String {
    let (background, ink, class) = if filled {
        (color, "#ffffff", "")
    } else {
        ("#ffffff", "#1f2933", " box ink")
    };
    format!(
        "<td class=\"stack\" style=\"padding:0 10px 10px 0\"><a class=\"button{class}\" href=\"{}\" \
         style=\"display:inline-block;padding:11px 20px;border-radius:6px;border:1px solid {};\
         background:{background};color:{ink};font:600 15px/20px {SANS};text-decoration:none\">{}</a></td>",
        escape(url),
        if filled { color } else { "#c9d1da" },
        escape(label),
    )
}

/// A row of a name and a value that is HTML already.
pub(super) fn row(name: &str, value: &str) -> String {
    format!(
        "<tr><td class=\"soft\" width=\"108\" valign=\"top\" style=\"width:108px;padding:4px 12px 4px 0;color:#5b6776;\
         font:14px/20px {SANS}\">{}</td><td class=\"ink\" valign=\"top\" style=\"padding:4px 0;color:#1f2933;\
         font:14px/20px {SANS};word-break:break-word;overflow-wrap:anywhere\">{value}</td></tr>",
        escape(name),
    )
}

/// A row of a label's name and value.
pub(super) fn label(name: &str, value: &str) -> String {
    format!(
        "<tr><td class=\"soft\" width=\"108\" valign=\"top\" style=\"width:108px;padding:2px 12px 2px 0;color:#5b6776;\
         font:12px/18px {MONO};word-break:break-all\">{}</td><td class=\"ink\" valign=\"top\" \
         style=\"padding:2px 0;color:#1f2933;font:12px/18px {MONO};overflow-wrap:anywhere\">{}</td></tr>",
        line(name, 120),
        line(value, 1000),
    )
}

/// A table without borders.
pub(super) fn table(rows: &str) -> String {
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"width:100%;border-collapse:collapse\">{rows}</table>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_active() {
        assert_eq!(
            escape("<script>'x' & \"y\"</script>"),
            "&lt;script&gt;&#39;x&#39; &amp; &quot;y&quot;&lt;/script&gt;"
        );
    }

    #[test]
    fn line_breaks_become_elements_after_escaping() {
        assert_eq!(paragraph("a <b>\nc<br>", 100), "a &lt;b&gt;<br>c&lt;br&gt;");
    }
}
