import type { HeaderList, Reply } from '../kit/reply'

/**
 * Writes S3's documents as plain strings: no element has a prefix, the root alone has an attribute (xmlns), and there is no
 * blank between elements, so that clients that search for `<Key>` find it as they do in S3's own answers.
 */
const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/**
 * The one escape. Control characters that XML 1.0 cannot hold go out as references (`&#x1;`), as S3 sends them: lenient
 * parsers get the key back, and strict ones ask with encoding-type=url. A carriage return would be read as a line feed.
 */
function escapeXml(text: string): string {
  return special.test(text) ? text.replace(specials, (char) => named[char] ?? `&#x${char.charCodeAt(0).toString(16)};`) : text
}

const special = /[&<>"\x00-\x08\x0b-\x1f\ufffe\uffff]/
const specials = new RegExp(special, 'g')
const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

/** `<Name>text</Name>`, escaped; numbers and booleans as they print. */
export function element(name: string, text: string | number | boolean): string {
  return `<${name}>${typeof text === 'string' ? escapeXml(text) : String(text)}</${name}>`
}

/** The same, or nothing where there is no value. */
export function optionalElement(name: string, text: string | number | boolean | undefined): string {
  return text === undefined ? '' : element(name, text)
}

/** A whole document; `content` is written XML. */
export function xmlDocument(root: string, content: string): string {
  return `${declaration}<${root} xmlns="${namespace}">${content}</${root}>`
}

/** A 200 with a document. */
export function xmlReply(root: string, content: string, headers: HeaderList = []): Reply {
  return xmlReplyOf(200, xmlDocument(root, content), headers)
}

/** Any document, with any status. */
export function xmlReplyOf(status: number, document: string, headers: HeaderList): Reply {
  return { status, headers: [['Content-Type', 'application/xml'], ...headers], body: { kind: 'bytes', bytes: Buffer.from(document) } }
}

/** `Error` documents have no namespace. */
export function plainXmlDocument(root: string, content: string): string {
  return `${declaration}<${root}>${content}</${root}>`
}
