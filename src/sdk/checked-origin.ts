import { misconfigured } from './errors/misconfigured.ts'

/**
 * An address that tokens are sent to, without a slash at its end: https, or http on this machine.
 * @param name of the option, for the error
 * @throws ConfigurationError
 */
export function checkedOrigin(name: string, text: string, plainHttp: boolean): string {
  const url = typeof text === 'string' ? URL.parse(text) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw misconfigured(`${name} has to be an http or https address`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') throw misconfigured(`${name} has to be an address alone: no credential, query or fragment`)
  if (url.protocol === 'http:' && !plainHttp && !isLoopback(url.hostname)) throw misconfigured(`${name} has to be https: tokens are sent there`)
  return url.href.replace(/\/+$/, '')
}

/** Whether a URL's host is this machine, by its name or its address. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
