import { SaxesParser } from 'saxes'
import { limits } from '../limits'
import { S3Error } from './error'

/** An element of a request body: its own text (blanks at both ends kept) and its children in order. */
export interface XmlNode {
  /** Without the prefix of a namespace. */
  readonly name: string
  readonly text: string
  readonly children: readonly XmlNode[]
}

interface OpenNode {
  readonly name: string
  text: string
  /** The text so far is layout. Kept here, for to look through it again at each child would make one long text cost a product. */
  blank: boolean
  readonly children: XmlNode[]
}

/**
 * Reads a request body as XML 1.0 in UTF-8, with or without S3's namespace and a prefix for it; nobody asks which namespace it
 * is. As S3 has it, a reference may name any character but NUL, so that whatever a listing shows can be sent back; such a
 * character as itself is MalformedXML. Everything that could make a small body cost much is MalformedXML before it costs
 * anything: a document type (so no entities), depth, attributes, long values, more elements than any document of S3's has. The
 * size of the whole is bounded before it gets here. It yields now and then, where the caller may let others have their turn: a
 * large document of references takes long.
 */
export function* readXml(body: Buffer, root: string): Generator<undefined, XmlNode> {
  try {
    const document = yield* parse(body)
    if (document?.name === root) return document
  } catch (error) {
    // Everything below throws only for what the client has sent: the decoder a TypeError, the parser and the caps an Error.
    throw malformed(error)
  }
  throw malformed()
}

/** MalformedXML, for bodies that are XML and yet not the document asked for; `cause` is for the log. */
export function malformed(cause?: unknown): S3Error {
  const error = new S3Error('MalformedXML')
  if (cause !== undefined) error.cause = cause
  return error
}

/** Names, as entities, what XML 1.0 cannot refer to: by its code point in hex. */
const entityPrefix = 'beyond-xml-'
// What is not read for references comes whole, to its end or that of the text, so that no part of it is looked at twice.
const references = new RegExp([
  /<!--[^]*?(?:-->|$)/, /<!\[CDATA\[[^]*?(?:\]\]>|$)/, /<\?[^]*?(?:\?>|$)/,
  /&#(?:x0{0,16}([0-9a-fA-F]{1,6})|0{0,16}([0-9]{1,7}));/, /&beyond-xml-/,
].map(({ source }) => source).join('|'), 'g')

/** More than any reference has, or the beginning of what is not read for them. */
const markCharacters = 32

/** Every character, other than NUL, that XML 1.0 does not have, by the name that stands for it. */
const beyondXml: Readonly<Record<string, string>> = Object.fromEntries(
  [...Array(0x20).keys(), 0xfffe, 0xffff].filter((code) => code > 0 && code !== 9 && code !== 10 && code !== 13)
    .map((code) => [entityPrefix + code.toString(16), String.fromCharCode(code)]))

/**
 * The parser, which is strict, knows entities by name: references to characters outside of XML 1.0 become such names. The
 * client's own use of one is refused. What `text` may have only the beginning of, where more follows, is `held` for that.
 */
function nameReferences(text: string, last: boolean): { readonly named: string, readonly held: string } {
  const mark = Math.max(text.lastIndexOf('&'), text.lastIndexOf('<'))
  const piece = last || mark === -1 || mark < text.length - markCharacters ? text : text.slice(0, mark)
  let end = piece.length
  const named = piece.replace(references, (found, hex: string | undefined, decimal: string | undefined, at: number) => {
    if (!found.startsWith('&')) {
      if (found.length > limits.xmlTextBytesMax) throw new Error('comment or section too long')
      if (last || at + found.length < piece.length) return found
      end = at
      return ''
    }
    if (hex === undefined && decimal === undefined) throw new Error('undefined entity')
    const name = entityPrefix + (hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)).toString(16)
    return Object.hasOwn(beyondXml, name) ? `&${name};` : found
  })
  return { named, held: text.slice(end) }
}

/** The parser knows nothing of namespaces, so that it looks none up for each element. */
function localName(name: string): string {
  const colon = name.indexOf(':')
  if (colon === -1) return name
  const local = name.slice(colon + 1)
  if (colon === 0 || local === '' || local.includes(':')) throw new Error('not a name with a prefix')
  return local
}

function* parse(body: Buffer): Generator<undefined, XmlNode | undefined> {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const open: OpenNode[] = []
  let document: XmlNode | undefined
  let attributes = 0
  let elements = 0
  const addText = (piece: string): void => {
    const node = open.at(-1)
    if (node === undefined) return
    node.text += piece
    if (node.blank) node.blank = piece.trim() === ''
    if (node.text.length > limits.xmlTextBytesMax) throw new Error('text too long')
  }
  parser.on('doctype', () => { throw new Error('document type') })
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || encoding !== undefined && !/^(?:utf-8|us-ascii)$/i.test(encoding)) throw new Error('not XML 1.0 in UTF-8')
  })
  parser.on('opentagstart', ({ name }) => {
    attributes = 0
    if (open.length === limits.xmlDepthMax) throw new Error('too deep')
    if (++elements > limits.xmlElementsMax) throw new Error('too many elements')
    // Blanks between elements are layout: a long list of them must not add up to a long text.
    const parent = open.at(-1)
    if (parent?.blank === true) parent.text = ''
    open.push({ name: localName(name), text: '', blank: true, children: [] })
  })
  parser.on('attribute', ({ value }) => {
    if (++attributes > limits.xmlAttributesMax || value.length > limits.xmlTextBytesMax) throw new Error('attributes')
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const node = open.pop()
    const parent = open.at(-1)
    if (node === undefined) return
    if (parent === undefined) document = node
    else parent.children.push(node)
  })
  Object.assign(parser.ENTITIES, beyondXml)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let held = ''
  for (let at = 0; at < body.length; at += limits.xmlSliceBytes) {
    if (at > 0) yield
    const last = at + limits.xmlSliceBytes >= body.length
    const text = decoder.decode(body.subarray(at, at + limits.xmlSliceBytes), { stream: !last })
    const slice = nameReferences(held + text, last)
    parser.write(slice.named)
    held = slice.held
  }
  parser.close()
  return document
}
