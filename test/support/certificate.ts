import { generateKeyPairSync, sign } from 'node:crypto'

/*
 * A self-signed certificate for 127.0.0.1, put together by hand (RFC 5280 in DER), so that tests over https need no program
 * beside node: node reads certificates but makes none.
 */

export interface Certificate {
  /** PEM; the certificate is its own authority. */
  readonly cert: string
  readonly key: string
}

export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)) // ecdsa-with-SHA256
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('pfs-s3 test')))))
  const validity = sequence(utcTime(Date.now() - 86_400_000), utcTime(Date.now() + 86_400_000))
  const extensions = der(0xa3, sequence(
    extension(0x13, sequence(der(0x01, Buffer.from([0xff])))), // basicConstraints: an authority
    extension(0x11, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))), // subjectAltName: an IP address
  ))
  const version = der(0xa0, der(0x02, Buffer.from([2])))
  const serial = der(0x02, Buffer.from([1]))
  const body = sequence(version, serial, algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }), extensions)
  const whole = sequence(body, algorithm, bits(sign('sha256', body, privateKey)))
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function der(tag: number, content: Buffer): Buffer {
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function bits(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]))
}

function extension(id: number, value: Buffer): Buffer {
  return sequence(oid(0x55, 0x1d, id), der(0x04, value))
}

function utcTime(time: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(time).toISOString().replace(/[-:T]|\.\d{3}/g, '').slice(2, 14)}Z`))
}
