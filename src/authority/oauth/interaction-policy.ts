import type { KoaContextWithOIDC } from 'oidc-provider'
import { interactionPolicy } from 'oidc-provider'

const { Check, Prompt } = interactionPolicy

/** What an interaction keeps beside the request: in whose browser it was begun. */
export const BROWSER_DETAIL = 'browser'

/**
 * Every authorization asks a person, once, to sign in and to approve: nothing that was approved before, for whatever client, lets one pass.
 * `prompt=login` and `prompt=consent` are taken for what happens anyway; `prompt=none` cannot be satisfied.
 */
export function interactionPrompts(browserDigest: (context: KoaContextWithOIDC) => string): InstanceType<typeof Prompt>[] {
  const details = (context: KoaContextWithOIDC): Record<string, unknown> => ({ [BROWSER_DETAIL]: browserDigest(context) })
  const asked = new Check('not_asked', 'the person has to be asked', 'interaction_required', (context) => context.oidc.result?.consent === undefined)
  return [
    new Prompt({ name: 'login', requestable: true }, details),
    new Prompt({ name: 'consent', requestable: true }, details, asked),
  ]
}
