import type { Adapter, AdapterPayload } from 'oidc-provider'
import { Provider } from 'oidc-provider'
import { noModel } from './no-model.ts'

/** The library's view of the clients: the registered agents, read live. Nothing can be stored. */
export function clientModel(metadata: (clientId: string) => AdapterPayload | undefined): Adapter {
  return {
    ...noModel,
    upsert: () => Promise.reject(new TypeError('clients are registered elsewhere')),
    find: async (id) => {
      settleParameters()
      return metadata(id)
    },
  }
}

/**
 * Settles two parameters before the library judges them: looking the client up is the first of our code that it calls in each request.
 * A `nonce` concerns ID tokens, of which there are none: it is ignored, as RFC 6749 section 3.1 has it for what is not understood, and not
 * refused. Answers by form or fragment take a script, or what scripts read: such a mode is refused as unknown, and told by redirect.
 */
function settleParameters(): void {
  const { params, body } = Provider.ctx?.oidc ?? {}
  for (const parameters of [params, body]) {
    if (parameters === undefined) continue
    if (parameters['nonce'] !== undefined) parameters['nonce'] = undefined
    if (parameters['response_mode'] !== undefined && parameters['response_mode'] !== 'query') parameters['response_mode'] = 'unsupported'
  }
}
