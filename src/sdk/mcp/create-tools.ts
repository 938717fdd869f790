import { AsyncLocalStorage } from 'node:async_hooks'
import type { Delivery, RequireOptions, TokenSource } from '../credential.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import type { Postern } from '../postern.ts'
import { toPosternError } from '../errors/to-postern-error.ts'
import { ConsentRequiredError } from '../errors/refusals.ts'
import { isSupported, wasAsked, type CapabilitiesOf, type ToolContext } from './client-capabilities.ts'
import { askByUrl, type Elicitation } from './elicitation.ts'
import { leaks } from './leaks.ts'
import { RenewalNotes } from './renewal-notes.ts'
import { linkOf, toolErrorOf } from './tool-error.ts'
import { toolResultOf, type ToolError, type ToolResult } from './tool-result.ts'

/** Options of `createTools()`. */
export interface ToolsOptions extends Elicitation {
  readonly postern: Postern
  /**
   * What the client declared when it connected: `() => server.server.getClientCapabilities()`, of the server that this call came to (told by what
   * the SDK hands to tools beside their arguments). Without it, and without SDK v2's own, links are told in words.
   */
  readonly clientCapabilities?: CapabilitiesOf
  /** Told of a tool that would have given a credential away, by its error's words alone. */
  readonly onLeak?: (error: Error) => void
}

/** How an MCP server's tools come to credentials, and what their clients learn of it. */
export interface Tools extends Postern {
  /**
   * Wraps a tool's handler: errors of `require()` become links or typed results, and a result that holds a credential that was given out during the
   * call never leaves.
   */
  tool<A extends readonly unknown[], R extends object>(handler: (...args: A) => R | Promise<R>): (...args: A) => Promise<R | ToolResult>
  /** For the middleware: whom to ask for a newer token. */
  readonly renewals: RenewalNotes
}

/** One call of a tool. */
interface Call {
  /** What it was given. */
  readonly secrets: Set<string>
  /** The token that it showed last, and for which integration. */
  shown: { readonly token: string; readonly integration: string } | undefined
}

/** Connects an MCP server's tools to `require()`. @throws ConfigurationError */
export function createTools(options: ToolsOptions): Tools {
  if (typeof options.postern?.require !== 'function') throw misconfigured('createTools() takes what createPostern() made')
  const calls = new AsyncLocalStorage<Call>()
  const renewals = new RenewalNotes()
  return {
    authorityUrl: options.postern.authorityUrl,
    renewals,
    async require<D extends Delivery = 'proxied'>(integration: string, source: TokenSource, wanted?: RequireOptions<D>) {
      const call = calls.getStore()
      if (call === undefined) throw misconfigured('require() of an MCP server is for the inside of tool(): nothing would keep the credential from the client')
      const token = typeof source === 'function' ? await source() : source
      call.shown = { token, integration }
      const credential = await options.postern.require<D>(integration, token, wanted)
      call.secrets.add(credential.accessToken)
      return credential
    },
    tool: <A extends readonly unknown[], R extends object>(handler: (...args: A) => R | Promise<R>) => (...args: A): Promise<R | ToolResult> => {
      const call: Call = { secrets: new Set(), shown: undefined }
      return calls.run(call, () => answered(call, handler, args, options, renewals))
    },
  }
}

async function answered<A extends readonly unknown[], R extends object>(
  call: Call, handler: (...args: A) => R | Promise<R>, args: A, options: ToolsOptions, renewals: RenewalNotes,
): Promise<R | ToolResult> {
  let result: R | ToolResult
  try {
    result = await handler(...args)
  } catch (error) {
    const { authorityUrl } = options.postern
    const told = toPosternError(error, { authorityUrl })
    if (told === undefined) throw withoutSecrets(error, call, options)
    if (call.shown !== undefined && told instanceof ConsentRequiredError) renewals.put(call.shown.token, wordsOf(told, call.shown.integration))
    // The question's type is the SDK's own; where it is thrown instead, it is not ours to hold back.
    result = askOrTell(toolErrorOf(told, authorityUrl), linkOf(told, authorityUrl), args, options) as R | ToolResult
  }
  return leaks(result, call.secrets) ? withheld(options) : result
}

function wordsOf({ missingScopes }: ConsentRequiredError, integration: string): readonly string[] {
  return missingScopes.map((scope) => (scope.startsWith(`${integration}:`) ? scope : `${integration}:${scope}`))
}

function askOrTell(error: ToolError, link: string | undefined, args: readonly unknown[], options: ToolsOptions): object {
  const context = args.at(-1) as ToolContext | undefined
  const asks = link !== undefined && isSupported(context, options.clientCapabilities) && !wasAsked(context)
  return (asks ? askByUrl(options, error.message, link) : undefined) ?? toolResultOf(error)
}

/** What a handler throws is told to the client by the SDK, too. */
function withoutSecrets(error: unknown, call: Call, { onLeak }: ToolsOptions): unknown {
  const told = error instanceof Error ? { message: error.message, name: error.name, data: (error as { data?: unknown }).data } : String(error)
  if (!leaks(told, call.secrets)) return error
  const instead = new Error('The tool failed, and its error held a credential.')
  onLeak?.(instead)
  return instead
}

function withheld({ onLeak }: ToolsOptions): ToolResult {
  const message = 'The tool’s result held a credential, and was withheld.'
  onLeak?.(new Error(message))
  return toolResultOf({ code: 'result_withheld', message, retryable: false })
}
