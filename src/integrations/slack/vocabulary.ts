import type { OperationFacts, Vocabulary } from '../integration.ts'
import { UPLOAD_OPERATION } from './catalogue.ts'
import { METHODS } from './catalogue/method-rows.ts'
import { channelIdOf, type ChannelNames, NO_CHANNEL_NAMES } from './channel-names.ts'

/** Scopes that no method lists by itself: they widen what another scope does. */
const WIDENING = [
  'chat:write.public', 'chat:write.customize', 'incoming-webhook', 'commands', 'app_mentions:read', 'links:read', 'metadata.message:read',
]

const SCOPES: ReadonlySet<string> = new Set([
  ...[...METHODS.values()].flatMap((method) => method.alternatives.flat()),
  'search:read.private', 'search:read.im', 'search:read.mpim',
  ...WIDENING,
])

/** Slack's words. A scope is its exact name: none contains another (`chat:write` does not post to public channels at large). */
export function slackVocabularyWith(channels: ChannelNames): Vocabulary {
  /** Ids are upper case, names of people and of channels that are not known are left as they are. */
  const canonicalTarget = (text: string): string =>
    text.startsWith('#') ? channelIdOf(text, channels) ?? text : text.startsWith('@') ? text : text.toUpperCase()
  return {
    canonicalScope: (text) => (SCOPES.has(text) ? text : undefined),
    covers: (granted, needed) => granted === needed,
    canonicalTarget,
    // A request's targets are ids: a rule that denies by a name would deny nothing.
    possibleTarget: (text) => !/^[#@]/.test(canonicalTarget(text)),
    operations: slackOperations,
  }
}

/** Where no channel is known by its name. */
export const slackVocabulary: Vocabulary = slackVocabularyWith(NO_CHANNEL_NAMES)

function* slackOperations(): Generator<OperationFacts> {
  for (const { name, access, alternatives } of METHODS.values()) yield { name, access, alternatives }
  yield { name: UPLOAD_OPERATION, access: 'write', alternatives: [['files:write']] }
}
