/**
 * A body that was read whole and parsed strictly, because a catalogue entry or a rule looks at it.
 * `bytes` is what is forwarded: the same that was judged.
 */
export interface InspectedBody {
  readonly bytes: Buffer
  readonly format: 'json' | 'form' | 'empty'
  /** JSON: any value. Form: an object of strings (a name given twice is refused). Empty: an empty object. */
  readonly value: unknown
}
