import { membersOf } from '../oauth/json-answer.ts'
import { QUESTION } from './elicitation.ts'

/** What SDK v2 hands to tools beside their arguments, as far as it is read here. */
export interface ToolContext {
  readonly mcpReq?: { readonly envelope?: unknown; readonly inputResponses?: unknown }
}

/** What a client declared when it connected. @param context what the SDK handed to the tool beside its arguments */
export type CapabilitiesOf = (context: unknown) => { readonly elicitation?: unknown } | undefined

/** Where clients of the revision 2026-07-28 declare what they can, with each request. */
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities'

/** Whether the client puts links before its person. */
export function isSupported(context: ToolContext | undefined, told: CapabilitiesOf | undefined): boolean {
  const ofRequest = membersOf(membersOf(context?.mcpReq?.envelope)[CAPABILITIES])
  const elicitation = membersOf(ofRequest['elicitation'] ?? told?.(context)?.elicitation)
  return elicitation['url'] !== undefined
}

/** Whether the person was asked already in this call, and it comes again with their answer: then the link is told in words. */
export function wasAsked(context: ToolContext | undefined): boolean {
  return membersOf(context?.mcpReq?.inputResponses)[QUESTION] !== undefined
}
