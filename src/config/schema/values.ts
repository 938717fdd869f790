import { isIP } from 'node:net'
import { z } from 'zod'
import { parseDuration } from '../../lib/duration.ts'
import { canonicalHost } from '../../http/host.ts'
import { isListenAddress } from '../../lib/listen-address.ts'
import { parseOrigin } from '../origin.ts'
import { parseSize } from '../../lib/size.ts'

const FORM = 'the text is not of the form accepted here'

/** A duration as people write it; milliseconds behind the schema. */
export const durationText = z.string().regex(/^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/).transform((text) => parseDuration(text) ?? 0)
  .describe('a duration such as `30s`, `10m` or `8h`')

/** A size as people write it; bytes behind the schema. */
export const sizeText = z.string().regex(/^[1-9][0-9]{0,8}(B|KiB|MiB|GiB)$/).transform((text) => parseSize(text) ?? 0)
  .describe('a size such as `64KiB` or `1MiB`')

/** A port that we open. */
export const listenAddressText = z.string().refine(isListenAddress, FORM)
  .describe('`host:port`, `[ipv6]:port` or `unix:/absolute/path`, such as `127.0.0.1:8080`')

/** A file or a folder; relative ones are relative to where Postern is started. */
export const pathText = z.string().min(1).max(4096).regex(/^[^\p{Cc}]+$/u).describe('a path such as `./state/postern.db`')

/** What is public and lies in a file. */
export const fileReference = z.strictObject({ file: pathText }).describe('`{ file: PATH }`')

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/).describe('the name of an environment variable')
const argument = z.string().max(4096).regex(/^[^\0]*$/)

/** Where a secret is; never the secret itself. */
export const secretReference = z.union([
  z.strictObject({ env: envName }),
  z.strictObject({ file: pathText }),
  z.strictObject({ command: z.tuple([argument.min(1)], argument).describe('a list: the program and its arguments; no shell reads it') }),
]).describe('`{ env: NAME }`, `{ file: PATH }` or `{ command: [PROGRAM, ARGUMENT] }`: a secret never stands in this file')

/** `https://api.github.com`, with the path that an API begins with; parsed behind the schema. */
export const originText = z.string().max(1024).refine((text) => parseOrigin(text) !== undefined, FORM).transform((text, context) => {
  const origin = parseOrigin(text)
  if (origin !== undefined) return origin
  context.addIssue(FORM)
  return z.NEVER
}).describe('an origin such as `https://api.github.com`: a DNS name, no address, no user, no query')

/** A URL that we fetch ourselves. */
export const fetchedUrlText = z.string().max(2048)
  .refine((text) => /^https:\/\/[^\s/?#@]+(?:\/[^\s#]*)?$/.test(text) && URL.canParse(text), FORM)
  .describe('a URL that begins with `https://`, without user and fragment')

/** A URL of an identity provider or an upstream's OAuth server: https, or http on this machine alone. */
export const urlText = z.string().max(2048).refine((text) => isSecureUrl(text), FORM)
  .describe('a URL that begins with `https://` (`http://` on this machine only), without user and fragment')

/** Where browsers and agents find us: an origin without a path. */
export const publicUrlText = z.string().max(300).refine((text) => isSecureUrl(text) && /^https?:\/\/[^/?]+\/?$/.test(text), FORM)
  .transform((text) => text.replace(/\/$/, '').toLowerCase())
  .describe('an origin such as `https://postern.acme.com`, without a path (`http://localhost:8081` on this machine only)')

/** An address that tokens are for (RFC 8707): compared as it stands, so written as every URL parser writes it. */
export const resourceText = z.string().max(512).refine((text) => isResource(text), FORM)
  .describe('a URL that begins with `https://` (`http://` on this machine only), as browsers write it, without user, query, fragment and `/` at its end')

/** A name as certificates and hosts have it; lower case behind the schema. */
export const dnsName = z.string().refine((text) => canonicalHost(text) !== undefined, FORM).transform((text) => text.toLowerCase())
  .describe('a DNS name such as `api.github.com`; no address, no wildcard')

/** An address range. */
export const cidrText = z.string().max(64).refine(isCidr, FORM).describe('an address range such as `10.1.0.0/16` or `fd00::/8`')

/** `host:port` of something that we dial. */
export const dialAddressText = z.string().max(300).regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:[\]/\s@]+):[1-9][0-9]{0,4}$/).transform((text) => {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}).describe('`host:port` or `[ipv6]:port`')

/** One line for people. */
export const lineText = z.string().min(1).max(128).regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u).describe('one line of at most 128 characters')

/** Something that is left out unless it is on. */
export const flag = z.boolean().default(false).describe('true or false')

/** A count from 1. */
export const count = z.int().min(1).max(10_000_000).describe('a whole number from 1')

/** Port 0 stands for the one that is found free, which URL refuses in no browser. */
function isSecureUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s/?#@]+(?:\/[^\s#]*)?$/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

function isResource(text: string): boolean {
  if (!isSecureUrl(text) || /[?#]|\/$/.test(text)) return false
  const { href } = new URL(text)
  return href === text || href === `${text}/`
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  const family = isIP(address)
  return family !== 0 && more.length === 0 && /^(0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}
