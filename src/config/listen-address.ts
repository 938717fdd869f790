import { isIP } from 'node:net'

/** Whether the text is `host:port`, `[ipv6]:port` or `unix:/absolute/path`. */
export function isListenAddress(text: string): boolean {
  if (text.startsWith('unix:')) return /^unix:\/[^\0]+$/.test(text)
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(0|[1-9][0-9]{0,4})$/.exec(text)
  return match !== null && Number(match[3]) <= 65_535 && (match[1] === undefined || isIP(match[1]) === 6)
}

/** Whether only this machine can reach it: loopback or a Unix socket. A name other than `localhost` could be any address. */
export function isLocalAddress(text: string): boolean {
  return text.startsWith('unix:') || /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]):[0-9]+$/.test(text)
}
