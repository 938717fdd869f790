import { isLocalAddress, parseListenAddress } from '../../lib/listen-address.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import type { Check } from './check.ts'

/** A port that others can reach carries tokens: by TLS, or because somebody wrote down that it is unsafe. */
export const checkListener: Check = function* ({ listener, agents }) {
  const { address, tls, bound_agent: bound } = listener
  yield* socksProblems(listener)
  const local = isLocal(address)
  if (!local && tls === undefined && !listener.unsafe_allow_plaintext) {
    yield {
      at: ['listener', 'address'], problem: `${address} can be reached from other machines, and there is no TLS`,
      expected: 'a loopback address or a Unix socket, a `listener.tls` section, or `unsafe_allow_plaintext: true`',
    }
  }
  if (tls?.trust_domain !== undefined && tls.client_ca === undefined) {
    yield { at: ['listener', 'tls', 'trust_domain'], problem: 'client certificates are not asked for', expected: '`client_ca` beside `trust_domain`' }
  }
  if (bound === undefined) return
  if (!local) {
    yield {
      at: ['listener', 'bound_agent'], problem: 'whoever reaches a bound listener is that agent, and other machines reach this one',
      expected: 'a loopback address or a Unix socket in `listener.address`',
    }
  }
  if (!agents.some(({ id }) => id === bound.agent)) {
    const problem = `${bound.agent} is not among \`agents\``
    yield { at: ['listener', 'bound_agent', 'agent'], problem, expected: 'the id of an agent that is listed' }
  }
}

/** Agents commonly share the machine, or a pod's network, with Postern: loopback keeps nobody from the metrics. */
export const checkOperations: Check = function* ({ operations, listener }) {
  if (operations === undefined) return
  if (operations.address === listener.address && !operations.address.endsWith(':0')) {
    yield { at: ['operations', 'address'], problem: 'the listener has this address', expected: 'an address of its own' }
  }
  const open = operations.token === undefined && !operations.address.startsWith('unix:')
  if (open && !operations.unsafe_unauthenticated) {
    yield {
      at: ['operations', 'address'], problem: 'whoever reaches this port, agents among them, can read the metrics',
      expected: '`token: { file: PATH }`, a Unix socket, or `unsafe_unauthenticated: true`',
    }
  }
  if (operations.token !== undefined && operations.unsafe_unauthenticated) {
    yield { at: ['operations', 'unsafe_unauthenticated'], problem: 'there is a token as well', expected: 'one of the two' }
  }
}

/** SOCKS5 knows no TLS, so that what it carries is readable wherever it passes. */
function* socksProblems({ address, socks, bound_agent: bound, unsafe_allow_plaintext: plaintext }: ConfigText['listener']): ReturnType<Check> {
  if (socks === undefined) return
  const at = ['listener', 'socks', 'address']
  if (socks.address === address && !address.endsWith(':0')) yield { at, problem: 'the listener has this address', expected: 'an address of its own' }
  if (isLocal(socks.address)) return
  const open = bound === undefined && plaintext
  if (!open) yield { at, problem: `${socks.address} can be reached from other machines, and SOCKS5 has no TLS`, expected: 'a loopback address or a Unix socket' }
}

/** The schema has seen that it is an address: what is none is reachable by nobody, and told there. */
function isLocal(text: string): boolean {
  const address = parseListenAddress(text)
  return address !== undefined && isLocalAddress(address)
}
