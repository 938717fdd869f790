import type { Targets } from '../../model/operation.ts'
import { isGiven, type SlackArguments } from './arguments.ts'
import { FAMILIES, type SlackMethod } from './catalogue/method-rows.ts'

type Alternatives = readonly (readonly string[])[]

/** An argument whose values each need a scope; without the argument its default counts. */
interface ValueRule {
  readonly argument: string
  readonly unless: string
  readonly scopes: Readonly<Record<string, string>>
}

const CONVERSATION_TYPES: ValueRule = {
  argument: 'types',
  unless: 'public_channel',
  scopes: { public_channel: 'channels:read', private_channel: 'groups:read', mpim: 'mpim:read', im: 'im:read' },
}

/** Methods that Slack documents as "any of these scopes", where the arguments say which of them the answer will need. */
const VALUE_RULES: Readonly<Record<string, readonly ValueRule[]>> = {
  'conversations.list': [CONVERSATION_TYPES],
  'users.conversations': [CONVERSATION_TYPES],
  'conversations.create': [{
    argument: 'is_private', unless: 'false', scopes: { true: 'groups:write', 1: 'groups:write', false: 'channels:manage', 0: 'channels:manage' },
  }],
  'assistant.search.context': [
    {
      argument: 'channel_types',
      unless: 'public_channel',
      scopes: { public_channel: 'search:read.public', private_channel: 'search:read.private', mpim: 'search:read.mpim', im: 'search:read.im' },
    },
    {
      argument: 'content_types',
      unless: 'messages',
      scopes: { messages: 'search:read.public', files: 'search:read.files', users: 'search:read.users', channels: 'search:read.public' },
    },
  ],
}

/** By the first letter of its id: which kinds a conversation can be. A private channel may have a `C…` id, and a group a `G…` one. */
const FAMILIES_OF: Readonly<Record<string, readonly string[]>> = { C: ['channels', 'groups', 'mpim'], G: ['groups', 'mpim'], D: ['im'] }

const POSES_AS = ['username', 'icon_url', 'icon_emoji']
const CAN_POSE = /^(?:chat\.|agents\.|assistant\.threads\.|files\.completeUploadExternal$)/

/**
 * The scopes that just this call needs. Slack's token can do all of them at once, so that what it documents as any-of must be told apart here: a
 * direct message is not read by `channels:history`. Pure.
 */
export function neededScopes(method: SlackMethod, given: SlackArguments, targets: Targets): Alternatives {
  const rules = method.token === 'bot' ? VALUE_RULES[method.name] : undefined
  const alternatives = rules === undefined ? ofKinds(method, given, targets) : [[...new Set(rules.flatMap((rule) => scopesOf(rule, given)))]]
  const poses = CAN_POSE.test(method.name) && POSES_AS.some((argument) => isGiven(given.get(argument)))
  return poses ? alternatives.map((scopes) => [...scopes, 'chat:write.customize']) : alternatives
}

/** A value that is not known needs all that any value needs. */
function scopesOf(rule: ValueRule, given: SlackArguments): readonly string[] {
  const value = given.get(rule.argument)
  const values = Array.isArray(value) ? value.map(textOf) : textOf(isGiven(value) ? value : rule.unless).split(',')
  const scopes = values.map((text) => (Object.hasOwn(rule.scopes, text) ? rule.scopes[text] : undefined))
  return scopes.every((scope) => scope !== undefined) ? scopes : Object.values(rule.scopes)
}

/** An object could have a `toString` of the agent's own; what is neither text, number nor boolean is no known value. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function ofKinds(method: SlackMethod, given: SlackArguments, targets: Targets): Alternatives {
  const kinds = possibleKinds(method, given, targets)
  const alternatives = method.alternatives
  if (kinds === undefined || alternatives.length < 2 || !alternatives.every(([scope = '']) => familyOf(scope) !== undefined)) return alternatives
  return alternatives.filter(([scope = '']) => kinds.includes(familyOf(scope) ?? ''))
}

function possibleKinds(method: SlackMethod, given: SlackArguments, targets: Targets): readonly string[] | undefined {
  if (method.name === 'conversations.open' && isGiven(given.get('users'))) return ['im', 'mpim']
  if (targets.kind !== 'named') return undefined
  const kinds = targets.names.map((name) => FAMILIES_OF[name[0] ?? ''] ?? [])
  return FAMILIES.filter((family) => kinds.every((possible) => possible.includes(family)))
}

function familyOf(scope: string): string | undefined {
  return FAMILIES.find((family) => scope.startsWith(`${family}:`))
}
