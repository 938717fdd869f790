import type { SlackWorld, TokenVisit } from './method.ts'
import type { AccessToken } from './tokens.ts'
import type { Member, Message } from './workspace.ts'

/** A new message id: the time in seconds, and six decimals that make it unique. */
export function newTs(world: SlackWorld): string {
  return `${Math.floor(world.clock.nowMs() / 1000)}.${String(world.nextNumber() % 1_000_000).padStart(6, '0')}`
}

/** Whose a token is. */
export function memberOf({ workspace }: SlackWorld, { kind, userId }: AccessToken): Member {
  if (kind === 'bot') return workspace.botUser
  return workspace.members.find(({ id }) => id === userId) ?? workspace.installer
}

/** Who writes with this token. */
export function authorOf(visit: TokenVisit): Member {
  return memberOf(visit.world, visit.token)
}

export function renderMessage(message: Message): object {
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.editedTs === undefined ? {} : { edited: { user: message.user, ts: message.editedTs } }),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map(({ name, users }) => ({ name, users, count: users.length })) }),
  }
}
