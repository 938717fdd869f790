import type { IncomingMessage } from 'node:http'
import type { Call } from './call.ts'
import type { ArrivedCall, OpenEntry } from './call-log.ts'

/** What the log keeps of a request before anything is done with it: as it was sent. */
export function arrivedCall(request: IncomingMessage): Omit<ArrivedCall, 'atMs' | 'connection'> {
  const target = request.url ?? ''
  return {
    method: request.method ?? '',
    host: request.headers.host ?? '',
    path: pathOf(target),
    queryNames: [...new Set(queryOf(target).keys())],
    rawTarget: target,
    rawHeaders: pairs(request.rawHeaders),
  }
}

/** The request with its body, as the stand-ins answer it. */
export function readCall(request: IncomingMessage, body: Buffer, entry: OpenEntry, signal: AbortSignal): Call {
  const target = request.url ?? ''
  const host = (request.headers.host ?? '').toLowerCase()
  return {
    method: request.method ?? '',
    path: pathOf(target),
    query: queryOf(target),
    headers: request.headers,
    body,
    stream: request,
    hostname: host.replace(/:[0-9]*$/, ''),
    origin: `https://${host}`,
    signal,
    note: entry.note,
  }
}

/** The path of a request target, before `?`. */
export function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? ''
}

function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
}

function pairs(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : []))
}
