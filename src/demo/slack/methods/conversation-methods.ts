import { cursorPage, findChannel, inChannel, slackError, type MethodResult, type SlackMethod, type TokenVisit } from '../method.ts'
import { renderMessage } from '../messages.ts'
import type { Channel, Member } from '../workspace.ts'

const READ_SCOPES = ['channels:read', 'groups:read', 'im:read', 'mpim:read']
const HISTORY_SCOPES = ['channels:history', 'groups:history', 'im:history', 'mpim:history']

/** Channels and people. */
export const conversationMethods: readonly SlackMethod[] = [
  { name: 'conversations.list', auth: 'token', scopes: READ_SCOPES, required: [], answer: listChannels },
  { name: 'conversations.info', auth: 'token', scopes: READ_SCOPES, required: ['channel'], answer: showChannel },
  { name: 'conversations.history', auth: 'token', scopes: HISTORY_SCOPES, required: ['channel'], answer: showHistory },
  { name: 'users.list', auth: 'token', scopes: ['users:read'], required: [], answer: listMembers },
  { name: 'users.info', auth: 'token', scopes: ['users:read'], required: ['user'], answer: showMember },
]

function listChannels(visit: TokenVisit): MethodResult {
  const types = (visit.values.get('types') ?? 'public_channel').split(',')
  const visible = visit.world.workspace.channels.filter((one) =>
    one.isPrivate ? one.isMember && types.includes('private_channel') : types.includes('public_channel'),
  )
  return paged(visit, visible, 100, 'channels', renderChannel)
}

function showChannel(visit: TokenVisit): MethodResult {
  const channel = findChannel(visit, 'id')
  return channel === undefined ? slackError('channel_not_found') : { ok: true, channel: renderChannel(channel) }
}

function showHistory(visit: TokenVisit): MethodResult {
  return inChannel(visit, 'id', (channel) => {
    const result = paged(visit, channel.messages.toReversed(), 100, 'messages', renderMessage)
    return result.ok ? { ...result, has_more: nextCursor(result) !== '' } : result
  })
}

function listMembers(visit: TokenVisit): MethodResult {
  return paged(visit, visit.world.workspace.members, 200, 'members', (member) => renderMember(member, visit))
}

function showMember(visit: TokenVisit): MethodResult {
  const member = visit.world.workspace.members.find((one) => one.id === visit.values.get('user'))
  return member === undefined ? slackError('user_not_found') : { ok: true, user: renderMember(member, visit) }
}

function paged<T>(visit: TokenVisit, items: readonly T[], fallback: number, field: string, render: (item: T) => unknown): MethodResult {
  const page = cursorPage(visit, items, fallback)
  if (page === undefined) return slackError('invalid_cursor')
  return { ok: true, [field]: page.shown.map(render), response_metadata: { next_cursor: page.next } }
}

function nextCursor(result: MethodResult): unknown {
  const metadata = result['response_metadata'] as { readonly next_cursor: string }
  return metadata.next_cursor
}

function renderChannel(channel: Channel): object {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate,
    is_private: channel.isPrivate,
    is_im: false,
    is_mpim: false,
    is_archived: false,
    is_general: channel.name === 'general',
    is_member: channel.isMember,
    topic: { value: channel.topic, creator: 'U0ALICE', last_set: 1_700_000_000 },
    purpose: { value: channel.topic, creator: 'U0ALICE', last_set: 1_700_000_000 },
  }
}

function renderMember(member: Member, visit: TokenVisit): object {
  return {
    id: member.id,
    team_id: visit.world.workspace.team.id,
    name: member.name,
    real_name: member.realName,
    deleted: false,
    is_bot: member.isBot,
    profile: { real_name: member.realName, display_name: member.name },
  }
}
