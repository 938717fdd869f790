import { inChannel, slackError, type MethodResult, type SlackMethod, type TokenVisit } from '../method.ts'
import type { Channel, Message } from '../workspace.ts'
import { authorOf, newTs, renderMessage } from '../messages.ts'

const MAX_TEXT_CHARACTERS = 40_000

/** Messages: posted, changed, deleted, and reacted to. */
export const chatMethods: readonly SlackMethod[] = [
  { name: 'chat.postMessage', auth: 'token', scopes: ['chat:write'], required: ['channel'], answer: postMessage },
  { name: 'chat.update', auth: 'token', scopes: ['chat:write'], required: ['channel', 'ts'], answer: updateMessage },
  { name: 'chat.delete', auth: 'token', scopes: ['chat:write'], required: ['channel', 'ts'], answer: deleteMessage },
  { name: 'reactions.add', auth: 'token', scopes: ['reactions:write'], required: ['channel', 'name', 'timestamp'], answer: addReaction },
]

function postMessage(visit: TokenVisit): MethodResult {
  return inChannel(visit, 'id or name', (channel) => {
    const text = textOf(visit)
    if (text.problem !== undefined) return slackError(text.problem)
    const message: Message = {
      ts: newTs(visit.world),
      user: authorOf(visit).id,
      threadTs: visit.values.get('thread_ts'),
      text: text.value,
      editedTs: undefined,
      reactions: [],
    }
    channel.messages.push(message)
    return { ok: true, channel: channel.id, ts: message.ts, message: renderMessage(message) }
  })
}

function updateMessage(visit: TokenVisit): MethodResult {
  return ownMessage(visit, 'cant_update_message', (channel, message) => {
    const text = textOf(visit)
    if (text.problem !== undefined) return slackError(text.problem)
    message.text = text.value
    message.editedTs = newTs(visit.world)
    return { ok: true, channel: channel.id, ts: message.ts, text: message.text, message: renderMessage(message) }
  })
}

function deleteMessage(visit: TokenVisit): MethodResult {
  return ownMessage(visit, 'cant_delete_message', (channel, message) => {
    channel.messages.splice(channel.messages.indexOf(message), 1)
    return { ok: true, channel: channel.id, ts: message.ts }
  })
}

function addReaction(visit: TokenVisit): MethodResult {
  return inChannel(visit, 'id', (channel) => {
    const message = channel.messages.find((one) => one.ts === visit.values.get('timestamp'))
    if (message === undefined) return slackError('message_not_found')
    const name = visit.values.get('name') ?? ''
    const user = authorOf(visit).id
    const reaction = message.reactions.find((one) => one.name === name)
    if (reaction?.users.includes(user) === true) return slackError('already_reacted')
    if (reaction === undefined) message.reactions.push({ name, users: [user] })
    else reaction.users.push(user)
    return { ok: true }
  })
}

/** Only ids are taken here, and only the author may. */
function ownMessage(visit: TokenVisit, refusal: string, answer: (channel: Channel, message: Message) => MethodResult): MethodResult {
  return inChannel(visit, 'id', (channel) => {
    const message = channel.messages.find((one) => one.ts === visit.values.get('ts'))
    if (message === undefined) return slackError('message_not_found')
    return message.user === authorOf(visit).id ? answer(channel, message) : slackError(refusal)
  })
}

/** A message needs text, or blocks or attachments that stand for it. */
function textOf(visit: TokenVisit): { readonly value: string; readonly problem?: undefined } | { readonly problem: string } {
  const value = visit.values.get('text') ?? visit.values.get('markdown_text') ?? ''
  if (value === '' && !visit.values.has('blocks') && !visit.values.has('attachments')) return { problem: 'no_text' }
  return value.length > MAX_TEXT_CHARACTERS ? { problem: 'msg_too_long' } : { value }
}
