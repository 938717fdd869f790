import { isIP } from 'node:net'

/** Where something of ours listens. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

const TCP = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(0|[1-9][0-9]{0,4})$/

/** Reads `host:port`, `[ipv6]:port` or `unix:/absolute/path`. @returns undefined where the text is none of these */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    return path.length > 1 && path.startsWith('/') && !path.includes('\0') ? { kind: 'unix', path } : undefined
  }
  const [, ipv6, name, port] = TCP.exec(text) ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port) > 65_535 || (ipv6 !== undefined && isIP(ipv6) !== 6)) return undefined
  return { kind: 'tcp', host, port: Number(port) }
}

/** Whether the text says where something listens. */
export function isListenAddress(text: string): boolean {
  return parseListenAddress(text) !== undefined
}

/** Whether only this machine can reach it: loopback or a Unix socket. A name other than `localhost` could be any address. */
export function isLocalAddress(address: ListenAddress): boolean {
  return address.kind === 'unix' || address.host === 'localhost' || address.host === '::1' || (isIP(address.host) === 4 && address.host.startsWith('127.'))
}

/** The form that `parseListenAddress` reads. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`
}
