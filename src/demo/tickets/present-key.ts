import { readAuthorization } from '../server/authorization.ts'
import type { Call } from '../server/call.ts'

/** Where a key may stand: `bearer`, `token` and `basic` are forms of the header. */
export type KeyPlace = 'bearer' | 'token' | 'basic' | 'x-api-key' | 'query' | 'path'

/** A key as it came. */
export interface PresentedKey {
  readonly place: KeyPlace
  readonly value: string
}

const PATH_KEY = /^\/bot([^/]+)(\/.*)$/

/** Every key that the call carries, in all the places that are taken. */
export function presentedKeys(call: Call): readonly PresentedKey[] {
  const apiKey = call.headers['x-api-key']
  return [
    ...fromAuthorization(call.headers.authorization),
    ...(typeof apiKey === 'string' ? [{ place: 'x-api-key' as const, value: apiKey }] : []),
    ...call.query.getAll('api_key').map((value) => ({ place: 'query' as const, value })),
    ...[PATH_KEY.exec(call.path)?.[1]].flatMap((value) => (value === undefined ? [] : [{ place: 'path' as const, value }])),
  ]
}

/** The path without the key in front of it. */
export function pathWithoutKey(path: string): string {
  return PATH_KEY.exec(path)?.[2] ?? path
}

function fromAuthorization(header: string | undefined): readonly PresentedKey[] {
  const presented = readAuthorization(header)
  switch (presented?.scheme) {
    case undefined:
    case 'unknown':
      return []
    case 'basic':
      return [{ place: 'basic', value: presented.password }]
    case 'bearer':
    case 'token':
      return [{ place: presented.scheme, value: presented.value }]
  }
}
