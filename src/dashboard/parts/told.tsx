import type { JSX } from 'preact'
import { plainText } from './plain-text.ts'

/** A text that an agent, a person or an upstream gave: by itself in its direction of writing, and with what cannot be seen spelt out. */
export function Told({ text, maxLength }: { readonly text: string; readonly maxLength?: number }): JSX.Element {
  return <bdi>{plainText(text, maxLength)}</bdi>
}
