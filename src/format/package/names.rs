//! The namespaces that the documents in packages use.
//!
//! In: the address that a prefix is bound to. Out: which of the known ones it is. The naive way goes by the prefix, which is `w` in
//! nearly all files and anything in the others. Office files come with two addresses for each: those of the first edition of the
//! standard, which everybody writes, and those of its strict form.

/// A namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ns {
    /// WordprocessingML.
    Word,
    /// What later editions of Word put into it.
    WordLater,
    /// SpreadsheetML.
    Sheet,
    /// What later editions of Excel put into it.
    SheetLater,
    /// PresentationML.
    Slides,
    /// DrawingML.
    Drawing,
    /// Charts, and those of later years.
    Chart,
    ChartEx,
    ChartLater,
    /// Where drawings stand in a text.
    WordDrawing,
    /// The older drawings.
    Vml,
    OfficeMath,
    /// Comments with answers.
    Threaded,
    ContentTypes,
    Relationships,
    CoreProperties,
    DublinCore,
    OdfOffice,
    OdfText,
    OdfTable,
    OdfDraw,
    OdfSvg,
    OdfForm,
    OdfMeta,
    OdfPresentation,
    OdfManifest,
    OdfStyle,
    OdfNumber,
    MathMl,
    Container,
    Opf,
    Ncx,
    Xhtml,
    Encryption,
    Other,
}

impl Ns {
    /// Returns the namespace of an address.
    pub(super) fn of(address: &str) -> Ns {
        const EDITIONS: [&str; 2] =
            ["http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"];
        for edition in EDITIONS {
            if let Some(rest) = address.strip_prefix(edition) {
                return Ns::of_office(&rest.replace("/2006", ""));
            }
        }
        if let Some(rest) = address.strip_prefix("urn:oasis:names:tc:opendocument:xmlns:") {
            return match rest {
                "office:1.0" => Ns::OdfOffice,
                "text:1.0" => Ns::OdfText,
                "table:1.0" => Ns::OdfTable,
                "drawing:1.0" => Ns::OdfDraw,
                "svg-compatible:1.0" => Ns::OdfSvg,
                "form:1.0" => Ns::OdfForm,
                "meta:1.0" => Ns::OdfMeta,
                "presentation:1.0" => Ns::OdfPresentation,
                "manifest:1.0" => Ns::OdfManifest,
                "style:1.0" => Ns::OdfStyle,
                "datastyle:1.0" => Ns::OdfNumber,
                "container" => Ns::Container,
                _ => Ns::Other,
            };
        }
        match address {
            "urn:schemas-microsoft-com:vml" => Ns::Vml,
            "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments" => {
                Ns::Threaded
            }
            "http://schemas.microsoft.com/office/word/2012/wordml" => Ns::WordLater,
            "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" => Ns::SheetLater,
            "http://schemas.microsoft.com/office/drawing/2012/chart" => Ns::ChartLater,
            "http://schemas.microsoft.com/office/drawing/2014/chartex" => Ns::ChartEx,
            "http://purl.org/dc/elements/1.1/" => Ns::DublinCore,
            "http://www.w3.org/1998/Math/MathML" => Ns::MathMl,
            "http://www.w3.org/1999/xhtml" => Ns::Xhtml,
            "http://www.idpf.org/2007/opf" => Ns::Opf,
            "http://www.daisy.org/z3986/2005/ncx/" => Ns::Ncx,
            "http://www.w3.org/2001/04/xmlenc#" => Ns::Encryption,
            _ => Ns::Other,
        }
    }

    fn of_office(rest: &str) -> Ns {
        match rest {
            "wordprocessingml/main" => Ns::Word,
            "spreadsheetml/main" => Ns::Sheet,
            "presentationml/main" => Ns::Slides,
            "drawingml/main" => Ns::Drawing,
            "drawingml/chart" => Ns::Chart,
            "drawingml/wordprocessingDrawing" => Ns::WordDrawing,
            "officeDocument/math" => Ns::OfficeMath,
            "package/content-types" => Ns::ContentTypes,
            "package/relationships" => Ns::Relationships,
            "package/metadata/core-properties" => Ns::CoreProperties,
            _ => Ns::Other,
        }
    }
}
