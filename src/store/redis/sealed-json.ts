import { Secret } from '../../lib/secret.ts'

type Payload = Readonly<Record<string, unknown>>

/** A payload as it is sealed. */
export function sealable(payload: Payload): Secret {
  return new Secret(JSON.stringify(payload))
}

/** The payload of an opened value. */
export function payloadOf(opened: Secret): Payload {
  return JSON.parse(opened.reveal()) as Payload
}
