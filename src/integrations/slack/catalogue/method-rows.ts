import type { Access } from '../../../model/operation.ts'
import { ADMIN_METHODS } from './admin-methods.ts'
import { CONVERSATION_METHODS } from './conversation-methods.ts'
import { WORKSPACE_METHODS } from './workspace-methods.ts'

/**
 * What a method must be called with. `none`: it makes, ends or shows credentials (`oauth.v2.access`, `auth.revoke`, `rtm.connect`), which is
 * Postern's own business, and is never allowed.
 */
export type TokenKind = 'bot' | 'user' | 'app' | 'config' | 'none'

/** An argument that names conversations. */
export interface ChannelArgument {
  readonly name: string
  /** A comma list, or an array. */
  readonly list: boolean
}

/** One method of the Web API. */
export interface SlackMethod {
  readonly name: string
  readonly access: Access
  readonly token: TokenKind
  /** Any-of, as Slack documents it: bot scopes, or user scopes where a bot token is not taken. */
  readonly alternatives: readonly (readonly string[])[]
  readonly channelArguments: readonly ChannelArgument[]
  /** What it means that no channel is named: none is touched, or one that cannot be told. */
  readonly withoutChannel: 'none' | 'unresolved'
}

/** The kinds of conversation that have scopes of their own. */
export const FAMILIES = ['channels', 'groups', 'im', 'mpim'] as const

/**
 * Every method by name. A row has five columns: name, access, token, scopes and channel arguments.
 * - scopes: any-of, by commas; `*:history` stands for all four families; `-`: no scope needed; `#`: never to be had;
 * - channel arguments: by commas; a plural is a list; `~`: without it no conversation is touched; `?`: there is none, but the method
 *   reaches what lies in conversations (by a file's id, by search); `-`: it touches no conversation.
 */
export const METHODS: ReadonlyMap<string, SlackMethod> = new Map(
  [ADMIN_METHODS, CONVERSATION_METHODS, WORKSPACE_METHODS]
    .flatMap((rows) => rows.trim().split('\n').map(parseRow))
    .map((method) => [method.name, method]),
)

function parseRow(row: string): SlackMethod {
  const [name = '', access = '', token = '', scopes = '', channels = ''] = row.split(' ')
  const channelArguments = channels === '-' || channels === '?' ? [] : channels.split(',').map(parseChannelArgument)
  const withoutChannel = channels === '-' || channels.includes('~') ? 'none' : 'unresolved'
  return { name, access: access as Access, token: token as TokenKind, alternatives: parseScopes(scopes), channelArguments, withoutChannel }
}

function parseScopes(text: string): readonly (readonly string[])[] {
  if (text === '#') return []
  if (text === '-') return [[]]
  return text.split(',').flatMap((scope) => (scope.startsWith('*') ? FAMILIES.map((family) => [family + scope.slice(1)]) : [[scope]]))
}

function parseChannelArgument(text: string): ChannelArgument {
  const name = text.replace('~', '')
  return { name, list: name.endsWith('s') }
}
