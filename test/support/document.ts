import type { Reply } from '../../lib/kit/reply'

/** The document of a reply, without declaration and root. */
export function contentOf(reply: Reply): string {
  if (reply.body.kind !== 'bytes') throw new Error(`the body is ${reply.body.kind}`)
  const text = reply.body.bytes.toString()
  return text.slice(text.indexOf('>', text.indexOf('?>') + 2) + 1, text.lastIndexOf('</'))
}

/** The texts of every element of that name, undecoded. */
export function textsOf(reply: Reply, name: string): string[] {
  return [...contentOf(reply).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1] ?? '')
}
