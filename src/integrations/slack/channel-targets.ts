import type { Targets } from '../../model/operation.ts'
import { isGiven, type SlackArguments } from './arguments.ts'
import { channelIdOf, type ChannelNames } from './channel-names.ts'
import type { ChannelArgument, SlackMethod } from './catalogue/method-rows.ts'

/** `C…` a channel, `G…` a private channel or group, `D…` a direct message; always upper case. */
const CHANNEL_ID = /^[CGD][A-Z0-9]{2,31}$/
const MAX_CHANNELS = 200
/** Name an item by an id of its own, which can lie in another conversation than the one that is named beside it. */
const ITEM_ARGUMENTS = ['file', 'file_comment', 'unfurl_id']

/**
 * The conversations that a call names, each by its id: literally, or by a name that the configuration knows (`#engineering`). What is neither
 * (`@alice`, `U…`, another name) is *unresolved*: nobody here knows which it is. Pure.
 */
export function channelTargets(method: SlackMethod, given: SlackArguments, known: ChannelNames): Targets {
  const names = new Set<string>()
  for (const argument of method.channelArguments) {
    const value = given.get(argument.name)
    if (!isGiven(value)) continue
    const ids = idsIn(value, argument, known)
    if (ids === undefined) return { kind: 'unresolved', reason: `${argument.name} is neither a conversation's id nor a name that the configuration's channels list` }
    for (const id of ids) names.add(id)
  }
  // A direct message is named by its people, and only Slack knows its id.
  if (method.name === 'conversations.open' && isGiven(given.get('users'))) {
    return { kind: 'unresolved', reason: 'a direct message named by its people' }
  }
  const item = names.size === 0 || method.channelArguments.some(({ list }) => list) ? undefined : ITEM_ARGUMENTS.find((name) => isGiven(given.get(name)))
  if (item !== undefined) return { kind: 'unresolved', reason: `${item} names an item that can lie in another conversation` }
  if (names.size > 0) return { kind: 'named', names: [...names] }
  return method.withoutChannel === 'none' ? { kind: 'none' } : { kind: 'unresolved', reason: 'the call does not say which conversation it reaches' }
}

function idsIn(value: unknown, argument: ChannelArgument, known: ChannelNames): readonly string[] | undefined {
  const parts = argument.list ? listOf(value) : [value]
  if (parts === undefined || parts.length === 0 || parts.length > MAX_CHANNELS) return undefined
  const ids = parts.map((part) => (typeof part !== 'string' ? undefined : CHANNEL_ID.test(part) ? part : channelIdOf(part, known)))
  return ids.every((id) => id !== undefined) ? ids : undefined
}

/** An array in JSON; in a form a comma list, or the JSON of an array, as the SDK writes it. */
function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'string') return undefined
  return value.startsWith('[') ? parsedList(value) : value.split(',')
}

function parsedList(text: string): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
