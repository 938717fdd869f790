import { isLoopback } from '../checked-origin.ts'
import { misconfigured } from '../errors/misconfigured.ts'

/**
 * The server's own address, which tokens name as their audience and which is compared as it stands.
 * @throws ConfigurationError where it is not of the form that the authority takes
 */
export function checkedResource(text: string): string {
  const url = typeof text === 'string' ? URL.parse(text) : null
  if (url === null || (url.href !== text && url.href !== `${text}/`) || text.endsWith('/')) throw misconfigured('resource has to be the server’s address as browsers write it, without a slash at its end')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) throw misconfigured('resource has to be https: tokens are sent there')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') throw misconfigured('resource has to be an address alone: no user, query or fragment')
  return text
}
