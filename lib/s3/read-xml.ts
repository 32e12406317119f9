import { SaxesParser } from 'saxes'
import { limits } from '../limits'
import { S3Error } from './error'

/** An element of a request body: its own text (blanks at both ends kept) and its children in order. */
export interface XmlNode {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlNode[]
}

interface OpenNode { readonly name: string, text: string, readonly children: XmlNode[] }

/**
 * Reads a request body as XML 1.0 in UTF-8, with or without S3's namespace. Everything that could make a small body cost
 * much is MalformedXML before it costs anything: a document type (so no entities), depth, attributes, long values. The size
 * of the whole is bounded before it gets here.
 */
export function readXml(body: Buffer, root: string): XmlNode {
  try {
    const document = parse(decoder.decode(body))
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

const decoder = new TextDecoder('utf-8', { fatal: true })

function parse(text: string): XmlNode | undefined {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const open: OpenNode[] = []
  let document: XmlNode | undefined
  let attributes = 0
  const addText = (piece: string): void => {
    const node = open.at(-1)
    if (node === undefined) return
    node.text += piece
    if (node.text.length > limits.xmlTextBytesMax) throw new Error('text too long')
  }
  parser.on('doctype', () => { throw new Error('document type') })
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || encoding !== undefined && !/^(?:utf-8|us-ascii)$/i.test(encoding)) throw new Error('not XML 1.0 in UTF-8')
  })
  parser.on('opentagstart', ({ name }) => {
    attributes = 0
    if (open.length === limits.xmlDepthMax) throw new Error('too deep')
    // Blanks between elements are layout: a long list of them must not add up to a long text.
    const parent = open.at(-1)
    if (parent !== undefined && parent.text.trim() === '') parent.text = ''
    open.push({ name, text: '', children: [] })
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
  parser.write(text).close()
  return document
}
