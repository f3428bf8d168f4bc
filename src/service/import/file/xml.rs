//! The XML of workbook parts.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::sheet::Unreadable;

/// The text of a part. Every program writes UTF-8.
pub(super) fn document(bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(bytes).map_err(|_| DAMAGED)
}

/// An attribute by its name without prefix.
pub(super) fn attribute<'e>(
    element: &'e BytesStart<'_>,
    name: &str,
) -> Result<Option<Cow<'e, str>>, Unreadable> {
    // The check for attributes that occur twice takes the square of their number.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| DAMAGED)?;
        if attribute.key.local_name().as_ref() == name.as_bytes() {
            return attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map(Some)
                .map_err(|_| DAMAGED);
        }
    }
    Ok(None)
}

/// A part, read from start to end.
pub(super) struct Xml<'a>(Reader<&'a [u8]>);

impl<'a> Xml<'a> {
    pub(super) fn new(document: &'a str) -> Self {
        let mut reader = Reader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        Self(reader)
    }

    pub(super) fn next(&mut self) -> Result<Event<'a>, Unreadable> {
        self.0.read_event().map_err(|_| DAMAGED)
    }

    /// The text up to the end of the element `closing`, whose start was just read.
    pub(super) fn text(&mut self, closing: &str, out: &mut String) -> Result<(), Unreadable> {
        loop {
            match self.next()? {
                Event::Text(text) => out.push_str(&text.xml10_content().map_err(|_| DAMAGED)?),
                Event::CData(text) => out.push_str(&text.xml10_content().map_err(|_| DAMAGED)?),
                Event::GeneralRef(entity) => push_entity(&entity, out)?,
                Event::End(e) if e.local_name().as_ref() == closing.as_bytes() => return Ok(()),
                Event::Eof => return Err(DAMAGED),
                _ => {}
            }
        }
    }

    /// The string in the element `closing`, whose start was just read: its `t` elements, without the phonetic guides.
    pub(super) fn string(&mut self, closing: &str, out: &mut String) -> Result<(), Unreadable> {
        let mut is_phonetic = false;
        loop {
            match self.next()? {
                Event::Start(e) if e.local_name().as_ref() == b"rPh" => is_phonetic = true,
                Event::End(e) if e.local_name().as_ref() == b"rPh" => is_phonetic = false,
                Event::Start(e) if e.local_name().as_ref() == b"t" && !is_phonetic => {
                    self.text("t", out)?
                }
                Event::End(e) if e.local_name().as_ref() == closing.as_bytes() => return Ok(()),
                Event::Eof => return Err(DAMAGED),
                _ => {}
            }
        }
    }
}

fn push_entity(entity: &BytesRef<'_>, out: &mut String) -> Result<(), Unreadable> {
    if let Some(c) = entity.resolve_char_ref().map_err(|_| DAMAGED)? {
        out.push(c);
        return Ok(());
    }
    let name = entity.decode().map_err(|_| DAMAGED)?;
    out.push_str(resolve_predefined_entity(&name).ok_or(DAMAGED)?);
    Ok(())
}

pub(super) const DAMAGED: Unreadable = Unreadable::Damaged("its XML is broken");
