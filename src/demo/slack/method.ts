import type { Clock } from '../../lib/clock.ts'
import type { Call } from '../server/call.ts'
import type { Authorizations } from '../server/authorizations.ts'
import type { Canaries } from '../server/canaries.ts'
import type { MethodArguments } from './arguments.ts'
import type { AccessToken, SlackTokens } from './tokens.ts'
import type { Channel, Workspace } from './workspace.ts'

/** All there is on this Slack. */
export interface SlackWorld {
  readonly clock: Clock
  readonly canaries: Canaries
  readonly client: { readonly id: string; readonly secret: string }
  readonly tokens: SlackTokens
  readonly workspace: Workspace
  readonly authorizations: Authorizations
  /** Whether tokens of people expire and rotate: a switch in the app's settings that cannot be taken back. */
  rotatesUserTokens: boolean
  /** What the next person grants in the place of what was asked. */
  grantsNext: readonly string[] | undefined
  /** The next rotations after which the socket is cut instead of an answer. */
  dropsAfterRotation: number
  /** A new number, unique in this Slack. */
  nextNumber(): number
}

/** A call of a method, its token judged. */
export interface MethodVisit {
  readonly call: Call
  readonly world: SlackWorld
  readonly values: MethodArguments
  /** The `token` argument, which is no argument of most methods. */
  readonly tokenArgument: string | undefined
}

/** A call by a token that has the method's scopes. */
export interface TokenVisit extends MethodVisit {
  readonly token: AccessToken
}

/** `ok` and what comes with it; an error is Slack's code. */
export type MethodResult =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [field: string]: unknown }

/** One method of the Web API. `scopes`: any one suffices; none needed where empty. */
export type SlackMethod =
  | {
      readonly name: string
      readonly auth: 'token'
      readonly scopes: readonly string[]
      readonly required: readonly string[]
      answer(visit: TokenVisit): MethodResult
    }
  | { readonly name: string; readonly auth: 'client'; answer(visit: MethodVisit): MethodResult | 'cut' }

export function slackError(error: string, fields: Readonly<Record<string, unknown>> = {}): MethodResult {
  return { ok: false, error, ...fields }
}

/** Finds a channel by id or, where the method takes names, by name with or without `#`. Private ones only for members. */
export function findChannel(visit: MethodVisit, by: 'id' | 'id or name'): Channel | undefined {
  const wanted = visit.values.get('channel') ?? ''
  const name = wanted.replace(/^#/, '').toLowerCase()
  const channel = visit.world.workspace.channels.find((one) => one.id === wanted || (by === 'id or name' && one.name === name))
  return channel?.isPrivate === true && !channel.isMember ? undefined : channel
}

/** Answers for the channel where the app is a member of it. */
export function inChannel(visit: MethodVisit, by: 'id' | 'id or name', answer: (channel: Channel) => MethodResult): MethodResult {
  const channel = findChannel(visit, by)
  if (channel === undefined) return slackError('channel_not_found')
  return channel.isMember ? answer(channel) : slackError('not_in_channel')
}

/** `next` is empty on the last page. */
export interface CursorPage<T> {
  readonly shown: readonly T[]
  readonly next: string
}

/** One page of a list by Slack's cursors; undefined where limit or cursor is none. */
export function cursorPage<T>(visit: MethodVisit, items: readonly T[], fallback: number): CursorPage<T> | undefined {
  const limit = Number(visit.values.get('limit') ?? fallback)
  const cursor = visit.values.get('cursor') ?? ''
  const start = cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace(/^offset:/, ''))
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000 || !Number.isInteger(start) || start < 0) return undefined
  const next = start + limit < items.length ? Buffer.from(`offset:${start + limit}`).toString('base64') : ''
  return { shown: items.slice(start, start + limit), next }
}
