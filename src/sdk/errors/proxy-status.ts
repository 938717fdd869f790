import type { ToldRefusal } from './refusal-body.ts'

/** An sf-string (RFC 8941 section 3.3.3), of the member `postern` alone. */
const OURS = /(?:^|,)\s*postern\s*;[^,"]*?\bdetails="((?:[^"\\]|\\.)*)"/
const DETAILS = /^([a-z_]+)(?: rule=(\S+))? decision=(\S+)$/

/** Reads `Proxy-Status` (RFC 9209): all that is told of a refusal without a body, and of a refused CONNECT. */
export function refusalInProxyStatus(header: string | null | undefined): ToldRefusal | undefined {
  const details = OURS.exec(header ?? '')?.[1]?.replaceAll(/\\(.)/g, '$1')
  const [, code, rule, decision] = DETAILS.exec(details ?? '') ?? []
  if (code === undefined || decision === undefined) return undefined
  return { code, rule, decision, message: `Refused by Postern (${[code, ...(rule === undefined ? [] : [`by ${rule}`]), decision].join(', ')}).` }
}
