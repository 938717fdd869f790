import type { Call, Reply } from '../server/call.ts'
import { multipartForm } from './arguments.ts'
import type { SlackWorld } from './method.ts'

const PREFIX = '/upload/v1/'

/** Whether the call brings the bytes of a file. */
export function isUpload(call: Call): boolean {
  return call.path.startsWith(PREFIX)
}

/** Takes the bytes of an announced file, bare or as multipart. The address itself is the permission: no credential is needed. */
export async function answerUpload(call: Call, world: SlackWorld): Promise<Reply> {
  const file = world.workspace.files.get(call.path.slice(PREFIX.length))
  call.note({ operation: 'upload', credentialPlaces: call.headers.authorization === undefined ? [] : ['header'] })
  if (call.method !== 'POST' || file === undefined || file.state !== 'announced') return text(404, 'not found')
  const sizeBytes = await uploadedBytes(call)
  if (sizeBytes !== file.sizeBytes) return text(400, 'size mismatch')
  file.state = 'uploaded'
  return text(200, `OK - ${sizeBytes}`)
}

async function uploadedBytes(call: Call): Promise<number | undefined> {
  if (!(call.headers['content-type'] ?? '').toLowerCase().startsWith('multipart/form-data')) return call.body.length
  try {
    const parts = [...(await multipartForm(call)).values()]
    return parts.reduce((sum, part) => sum + (typeof part === 'string' ? 0 : part.size), 0)
  } catch {
    return undefined
  }
}

function text(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}
