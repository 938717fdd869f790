import { parseAuthority } from '../http/host.ts'

/** Where an upstream is. */
export interface OriginConfig {
  readonly scheme: 'http' | 'https'
  /** Lower case. */
  readonly host: string
  readonly port: number
  /** The path that its API begins with, e.g. `/api/v3`; '' for none. */
  readonly basePath: string
}

const ORIGIN = /^(https?):\/\/([^/?#@\s]+)((?:\/[A-Za-z0-9._~-]+)*)\/?$/

/** Reads `https://host`, `https://host:port` or `https://host/base/path`. @returns undefined where the text is none of these */
export function parseOrigin(text: string): OriginConfig | undefined {
  const [, scheme, authorityText = '', basePath = ''] = ORIGIN.exec(text) ?? []
  if (scheme !== 'http' && scheme !== 'https') return undefined
  const authority = parseAuthority(authorityText, scheme === 'https' ? 443 : 80)
  if (authority === undefined || /\/\.{1,2}(?:\/|$)/.test(basePath)) return undefined
  return { scheme, ...authority, basePath }
}
