import { isJsonObject, textOf } from '../../server/json-body.ts'
import { newTs, authorOf } from '../messages.ts'
import { slackError, type MethodResult, type SlackMethod, type TokenVisit } from '../method.ts'
import type { Channel, UploadedFile } from '../workspace.ts'

const MAX_FILE_BYTES = 1024 * 1024 * 1024

/** Uploads in three steps: ask for an address, send the bytes there, complete. */
export const fileMethods: readonly SlackMethod[] = [
  { name: 'files.getUploadURLExternal', auth: 'token', scopes: ['files:write'], required: ['filename', 'length'], answer: announce },
  { name: 'files.completeUploadExternal', auth: 'token', scopes: ['files:write'], required: ['files'], answer: complete },
]

function announce(visit: TokenVisit): MethodResult {
  const sizeBytes = Number(visit.values.get('length'))
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > MAX_FILE_BYTES) return slackError('invalid_arguments')
  const number = visit.world.nextNumber()
  const name = visit.values.get('filename') ?? ''
  const file: UploadedFile = { id: `F0${number}`, name, title: name, sizeBytes, state: 'announced' }
  visit.world.workspace.files.set(file.id, file)
  return { ok: true, upload_url: `${uploadOrigin(visit.call.origin)}/upload/v1/${file.id}`, file_id: file.id }
}

function complete(visit: TokenVisit): MethodResult {
  const files = namedFiles(visit)
  if (files === undefined) return slackError('invalid_arguments')
  if (files.some((one) => one.file.state !== 'uploaded')) return slackError('file_not_found')
  const channels = namedChannels(visit)
  if (channels === undefined) return slackError('channel_not_found')
  if (channels.some((channel) => !channel.isMember)) return slackError('not_in_channel')
  for (const { file, title } of files) Object.assign(file, { state: 'completed', title: title ?? file.title })
  for (const channel of channels) share(visit, channel)
  return { ok: true, files: files.map(({ file }) => ({ id: file.id, title: file.title, name: file.name, size: file.sizeBytes })) }
}

/** At `slack.com` the bytes go to `files.slack.com`, elsewhere to the same place. */
function uploadOrigin(origin: string): string {
  return origin === 'https://slack.com' ? 'https://files.slack.com' : origin
}

function namedFiles(visit: TokenVisit): readonly { readonly file: UploadedFile; readonly title: string | undefined }[] | undefined {
  const list = parsed(visit.values.get('files') ?? '')
  if (!Array.isArray(list) || list.length === 0) return undefined
  const named = list.map((item: unknown) => {
    const file = isJsonObject(item) ? visit.world.workspace.files.get(textOf(item, 'id') ?? '') : undefined
    return file === undefined || !isJsonObject(item) ? undefined : { file, title: textOf(item, 'title') }
  })
  return named.every((one) => one !== undefined) ? named : undefined
}

/** `channel_id` is one, `channels` a list with commas. */
function namedChannels(visit: TokenVisit): readonly Channel[] | undefined {
  const ids = [visit.values.get('channel_id') ?? '', ...(visit.values.get('channels') ?? '').split(',')].filter((id) => id !== '')
  const channels = ids.map((id) => visit.world.workspace.channels.find((one) => one.id === id))
  return channels.every((one) => one !== undefined) ? channels : undefined
}

function share(visit: TokenVisit, channel: Channel): void {
  const text = visit.values.get('initial_comment') ?? ''
  const threadTs = visit.values.get('thread_ts')
  channel.messages.push({ ts: newTs(visit.world), user: authorOf(visit).id, threadTs, text, editedTs: undefined, reactions: [] })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
